import type { TextRow } from "../../database/row-stream.ts";
import type { QueryRows } from "../query-rows.ts";

/** CSV as in RFC 4180, but with LF at the end of lines, as all CSV of the platform: one header, an empty field for NULL. */
export async function* csvPieces({ columns, batches }: QueryRows): AsyncGenerator<string, void> {
  yield csvLines([columns.map(({ name }) => name)]);
  for await (const batch of batches) yield csvLines(batch);
}

/** An empty text is `""`, so that it differs from NULL. */
export const csvLines = (rows: readonly TextRow[]): string =>
  rows.map((row) => `${row.map(csvField).join(",")}\n`).join("");

function csvField(value: string | null): string {
  if (value === null) return "";
  return value === "" || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
