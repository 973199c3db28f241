import { numberText } from "../../system/numbers.ts";
import { type Columns, meanOf } from "./columns.ts";
import { eighths, margin, type PlotStyle } from "./style.ts";

const height = 8;

/** `y` as bars in eighths of a line, a dot if it is not known, and nothing after the cutoff. */
export function chart({ training, future }: Columns, { dim }: PlotStyle["colors"]): string[] {
  const values = training.map((column) => meanOf(column, ({ y }) => y));
  const top = Math.max(0, ...values.map((value) => value ?? 0)) || 1;
  const levels = values.map((value) => level(value, top));
  return Array.from({ length: height }, (_, line) => {
    const below = (height - 1 - line) * 8;
    const bars = levels.map((eighth) => {
      if (eighth === null) return below === 0 ? "·" : " ";
      return eighths[Math.min(8, Math.max(0, eighth - below))];
    });
    const label = line === 0 ? amount(top) : line === height / 2 ? amount(top / 2) : "";
    const ends = future.length === 0 ? "" : dim("┊");
    return `${label.padStart(margin - 1)} ${dim(label === "" ? "│" : "┤")}${bars.join("")}${ends}`;
  });
}

/** The height of a bar in eighths of a line: at least one if anything was sold. */
function level(value: number | null, top: number): number | null {
  if (value === null || value <= 0) return value === null ? null : 0;
  return Math.max(1, Math.round((value / top) * height * 8));
}

/** The line below the bars, and below it the cutoff, the last and the first day if there is room. */
export function axis({ training, future }: Columns): string[] {
  const ends = future.length === 0 ? "" : `┴${"─".repeat(future.length)}`;
  const line = `${"0".padStart(margin - 1)} └${"─".repeat(training.length)}${ends}`;
  const dates = new Array<string>(line.length).fill(" ");
  const put = (date: string | undefined, from: number) => {
    if (date === undefined || from < 0 || from + date.length > dates.length) return;
    const room = dates.slice(Math.max(0, from - 1), from + date.length + 1);
    if (room.every((cell) => cell === " ")) dates.splice(from, date.length, ...date);
  };
  const width = "2024-05-14".length;
  put(training.at(-1)?.at(-1)?.ds, Math.max(0, margin + 1 + training.length - width));
  put(future.at(-1)?.at(-1)?.ds, line.length - width);
  put(training[0]?.[0]?.ds, margin + 1);
  return [line, dates.join("").trimEnd()];
}

/** At most ten characters: short whole numbers as they are, other numbers with three digits. */
export function amount(value: number): string {
  if (value >= 1_000_000)
    return Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 4 }).format(value);
  const shown = Number.isInteger(value) ? value : Number(value.toPrecision(3));
  return numberText(shown, 4);
}
