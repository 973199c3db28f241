import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Layout } from "./layout.ts";
import type { ScanContext } from "./scanned-file.ts";

/** The engine's name for a column of the source. Columns are numbered because a file may have one called `rowid`. */
export const sourceColumn = (index: number): string => `c${index}`;

/**
 * SQL of the select list c0, c1, … of a file.
 *
 * @param values SQL of the value of each column in the file
 */
export function sourceColumnList(
  { fileColumns, constants }: Layout,
  { columns }: ScanContext,
  values: readonly string[],
): string {
  const texts = new Map(fileColumns.map((name, index) => [name.toLowerCase(), values[index] ?? "NULL"]));
  for (const [name, text] of constants) {
    texts.set(name.toLowerCase(), text === "" ? "NULL::VARCHAR" : quoteLiteral(text));
  }
  return columns.map((name, index) => `${texts.get(name)} AS ${sourceColumn(index)}`).join(", ");
}

/** SQL of the select list that gives the source's columns their own names. */
export const namedColumnList = (columns: readonly string[]): string =>
  columns.map((name, index) => `${sourceColumn(index)} AS ${quoteIdentifier(name)}`).join(", ");

/** SQL of the records of a file as expressions see them, in the file's order. */
export const recordsOf = (relation: string, columns: readonly string[]): string =>
  `(SELECT ${namedColumnList(columns)} FROM ${relation})`;
