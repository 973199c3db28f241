import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf, type Month } from "../../database/months.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { TableContract } from "../../schema/contracts.ts";

/** What is to be published: the rows of `accepted`. */
export interface Batch {
  readonly engine: Engine;
  readonly contract: TableContract;
  /** The columns the load brings, under their names in the table. */
  readonly columns: readonly string[];
}

/** Rows of a month among those accepted. */
export function slice(month: Month | null, columns: readonly string[]): string {
  return `SELECT ${columns.map(quoteIdentifier).join(", ")} FROM accepted WHERE ${ofMonth(month)}`;
}

/** Condition over `date`. */
export function ofMonth(month: Month | null): string {
  if (month === null) return "true";
  const { from, to } = boundsOf(month);
  return `date >= DATE ${quoteLiteral(from)} AND date < DATE ${quoteLiteral(to)}`;
}

/** `ORDER BY` the grain: rows that are read together lie together, and the grain's index is built from sorted keys. */
export const byGrain = (contract: TableContract) =>
  `ORDER BY ${contract.grain.map(quoteIdentifier).join(", ")}`;
