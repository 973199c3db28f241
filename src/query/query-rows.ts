import type { TextRow } from "../database/row-stream.ts";
import { fail } from "../errors.ts";
import type { QueryColumn } from "./columns.ts";

/** The rows of a query as they arrive. */
export interface QueryRows {
  readonly columns: readonly QueryColumn[];
  /** Batches of rows in their order; values as PostgreSQL writes them, booleans as `true` and `false`. Can be read once. */
  readonly batches: AsyncIterable<readonly TextRow[]>;
  /** How many rows have been taken so far. */
  count(): number;
  /** Whether the query has more rows than the limit; known when all are taken. */
  more(): boolean;
}

/**
 * For formats in which a row has each name once.
 *
 * @param normalized names that are equal after this are the same; default: only equal ones
 * @throws QUERY_COLUMNS_REPEATED
 */
export function requireDistinctNames(
  columns: readonly QueryColumn[],
  format: string,
  normalized: (name: string) => string = (name) => name,
): void {
  const names = columns.map(({ name }) => normalized(name));
  const repeated = columns.find((_, index) => names.indexOf(names[index] ?? "") !== index);
  if (repeated !== undefined) throw fail("QUERY_COLUMNS_REPEATED", { column: repeated.name, format });
}
