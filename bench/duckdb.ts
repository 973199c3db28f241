import { rmSync } from "node:fs";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/** Runs the work with a DuckDB connection for writing data and reading results, on a database file or in memory. */
export async function withDuckDB<T>(
  folder: string,
  work: (connection: DuckDBConnection) => Promise<T>,
  path = ":memory:",
): Promise<T> {
  const spill = join(folder, "spill");
  const instance = await DuckDBInstance.create(path, { memory_limit: "2GB", temp_directory: spill });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(spill, { recursive: true, force: true });
  }
}

/** The result of a query that returns a single number. */
export async function numberOf(connection: DuckDBConnection, sql: string): Promise<number> {
  return Number((await (await connection.run(sql)).getRowsJS())[0]?.[0]);
}
