import { DuckDBInstance } from "@duckdb/node-api";
import { quoteLiteral } from "../../../src/database/identifiers.ts";

/** Writes the rows of a query of DuckDB to a file, as Parquet unless other options are given. */
export async function writeRows(query: string, path: string, options = "FORMAT parquet"): Promise<string> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(`COPY (${query}) TO ${quoteLiteral(path)} (${options})`);
    return path;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
