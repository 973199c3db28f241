/*
 * Parquet values as text that the column rules accept and mappings can cast: plain digits, ISO dates, no loss of precision.
 */

/** SQL of a value as DuckDB writes it, NULL if empty. The first of two steps, so that DuckDB computes it once per value. */
export function writtenText(value: string, type: string): string {
  if (type === "VARCHAR") return `nullif(${value}, '')`;
  // A timestamp with a time zone is written in UTC.
  if (type === "TIMESTAMP WITH TIME ZONE") return `CAST(timezone('UTC', ${value}) AS VARCHAR)`;
  return /^(STRUCT|MAP|UNION)\(|\]$/.test(type)
    ? `CAST(to_json(${value}) AS VARCHAR)`
    : `CAST(${value} AS VARCHAR)`;
}

/** SQL of the text that loads use for the result of {@link writtenText}. */
export function plainText(written: string, type: string): string {
  if (type === "DOUBLE" || type === "FLOAT") return plainDigits(written);
  // A timestamp at midnight is a date: pandas writes dates like this.
  return type.startsWith("TIMESTAMP") ? without(written, " 00:00:00") : written;
}

/** The shortest digits that represent the number, without `.0` and exponent. DuckDB writes `1.5e-07` and `1e+16`. */
function plainDigits(text: string): string {
  const sign = `CASE WHEN starts_with(${text}, '-') THEN '-' ELSE '' END`;
  const digits = `replace(ltrim(split_part(${text}, 'e', 1), '-'), '.', '')`;
  const exponent = `TRY_CAST(split_part(${text}, 'e', 2) AS INTEGER)`;
  return `
    CASE
      WHEN NOT contains(${text}, 'e') THEN ${without(text, ".0")}
      WHEN contains(${text}, 'e-') THEN ${sign} || '0.' || repeat('0', -${exponent} - 1) || ${digits}
      ELSE ${sign} || rpad(${digits}, ${exponent} + 1, '0')
    END`;
}

const without = (text: string, end: string) =>
  `CASE WHEN ends_with(${text}, '${end}') THEN left(${text}, -${end.length}) ELSE ${text} END`;
