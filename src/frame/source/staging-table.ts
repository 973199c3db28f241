import type { EngineTable } from "../engine-tables.ts";

/** A table of the engine, and the query of the warehouse that fills it. */
export interface StagingTable {
  readonly table: EngineTable;
  /** The columns of the query, in its order. Default: all columns of the table. */
  readonly columns?: readonly string[];
  /** SQL that PostgreSQL and DuckDB share. `where` limits it to some days. */
  readonly query: (where: string) => string;
  /** The column of days by which a large table is split; null for a table that is read at once. */
  readonly day: string | null;
}

/** The columns of the query: their names, and their types as DuckDB spells them. */
export function stagedColumns({ table, columns = Object.keys(table.columns) }: StagingTable) {
  return columns.map((name) => ({ name, type: table.columns[name] ?? "" }));
}
