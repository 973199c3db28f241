import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf, type Month } from "../../database/months.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { TableContract } from "../../schema/contracts.ts";
import { tables } from "../engine-tables.ts";

/** The rows to be published: `accepted_row` of the engine. */
export interface AcceptedRows {
  readonly engine: Engine;
  /** Of the table that they are for. */
  readonly contract: TableContract;
  /** The columns that the load gives, under their names in the table. */
  readonly columns: readonly string[];
}

/** SQL of the accepted rows of a month. */
export function rowsOfMonth(month: Month | null, columns: readonly string[]): string {
  return `SELECT ${columns.map(quoteIdentifier).join(", ")} FROM ${tables.acceptedRow} WHERE ${isInMonth(month)}`;
}

/** SQL of whether `date` is in a month. */
export function isInMonth(month: Month | null): string {
  if (month === null) return "true";
  const { from, to } = boundsOf(month);
  return `date >= DATE ${quoteLiteral(from)} AND date < DATE ${quoteLiteral(to)}`;
}

/** `ORDER BY` the grain: rows that are read together are stored together, and the index of the grain is built from sorted keys. */
export const orderByGrain = (contract: TableContract) =>
  `ORDER BY ${contract.grain.map(quoteIdentifier).join(", ")}`;
