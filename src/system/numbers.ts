/* Numbers as text for people, in the terminal, in messages and in plots. */

/** `5,000,000`; a number that is not whole has at most `decimals` decimals. */
export function numberText(value: number, decimals = 0): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: decimals });
}

/** `1,234.50`, of an exact decimal that is kept as text, with all its decimals. */
export function decimalText(decimal: string): string {
  const [whole = "", ...fraction] = decimal.split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...fraction].join(".");
}

/** `1 row`, `2,000 rows` */
export function countText(value: number, singular: string, plural = `${singular}s`): string {
  return `${numberText(value)} ${value === 1 ? singular : plural}`;
}

/** `3.2 s` */
export const secondsText = (seconds: number): string => `${seconds.toFixed(1)} s`;

/** `84.2 MB` (10^6 bytes) */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes === 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
