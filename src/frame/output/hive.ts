/**
 * The folder of a partition, as Hive and DuckDB name it: `store_code=S1/year=2024`. Reading it gives the same values.
 *
 * @param values as text; null for NULL
 */
export function hiveFolder(columns: readonly string[], values: readonly (string | null)[]): string {
  return columns
    .map((column, index) => `${escaped(column)}=${escapedValue(values[index] ?? null)}`)
    .join("/");
}

function escapedValue(value: string | null): string {
  if (value === null) return nullFolder;
  // Without escaping, these two are read as NULL.
  if (value.toLowerCase() === "null" || value === nullFolder) return percent(value[0] ?? "") + value.slice(1);
  return escaped(value);
}

const nullFolder = "__HIVE_DEFAULT_PARTITION__";

/** Escapes everything but ASCII letters, digits and `-_.~`, byte by byte. */
function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, percent);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
