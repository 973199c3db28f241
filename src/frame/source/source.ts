import type { Engine } from "../../duckdb/engine.ts";

/** A column of a staged table: its name, and its type as DuckDB spells it. */
export interface StagedColumn {
  readonly name: string;
  readonly type: "INTEGER" | "BIGINT" | "DOUBLE" | "BOOLEAN" | "VARCHAR";
}

/** A table of the engine and the query of the warehouse that fills it. Days are numbers: days since 1970-01-01. */
export interface Staged {
  readonly table: string;
  readonly columns: readonly StagedColumn[];
  /** SQL that PostgreSQL and DuckDB share; the days it is limited to are put in by {@link Staged.between}. */
  readonly query: (where: string) => string;
  /** The column of days to split a large table by; null for one that is read at once. */
  readonly day: string | null;
}

/** Where a frame's facts come from: one consistent state of a warehouse. */
export interface Source {
  /** How many tables can be read at a time. */
  readonly lanes: number;
  /** Few rows. */
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /**
   * Reads a query's rows into a table of the engine that exists. It returns when the rows have left the warehouse; they are
   * in the table when the promise inside is settled, so that the next query can run meanwhile.
   */
  read(
    engine: Engine,
    lane: number,
    staged: Staged,
    where: string,
  ): Promise<{ readonly done: Promise<void> }>;
}
