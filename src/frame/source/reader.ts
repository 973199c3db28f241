import type { Engine } from "../../duckdb/engine.ts";
import type { StagingTable } from "./staging-table.ts";

/** Reads one consistent state of a warehouse. */
export interface WarehouseReader {
  /** How many tables can be read at a time. */
  readonly connections: number;
  /** For few rows. */
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /**
   * Reads rows into a staging table, which must exist. It returns when the rows have left the warehouse, so that the connection is
   * free for the next query. The rows are in the table when the inner promise is settled.
   *
   * @param connection the number of the connection to read on, from 0
   */
  read(
    engine: Engine,
    connection: number,
    staging: StagingTable,
    where: string,
  ): Promise<{ readonly done: Promise<void> }>;
}
