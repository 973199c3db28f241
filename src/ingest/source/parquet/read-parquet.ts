import { quoteLiteral } from "../../../database/identifiers.ts";
import type { Engine } from "../../../duckdb/engine.ts";
import { fail } from "../../../errors.ts";
import type { SourceFile } from "../source-file.ts";

/** SQL of the rows of a Parquet file, without the keys of partitioned folders, to which DuckDB would give types. */
export const readParquet = (path: string): string =>
  `read_parquet(${quoteLiteral(path)}, hive_partitioning = false)`;

/**
 * Runs a query that reads a Parquet file.
 *
 * @throws PARQUET_UNREADABLE if DuckDB fails because of the file
 */
export async function withParquetFailures<T>(
  engine: Engine,
  file: SourceFile,
  query: () => Promise<T>,
): Promise<T> {
  try {
    return await query();
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    // Missing space and interruptions are not the fault of the file.
    if (/^(Out of Memory|INTERRUPT)|No space left|Permission Error/.test(message)) throw error;
    if (engine.signal?.aborted) throw error;
    throw fail("PARQUET_UNREADABLE", { path: file.path, reason: reasonOf(message) }, error);
  }
}

function reasonOf(message: string): string {
  if (/encrypt/i.test(message)) return "it is encrypted";
  if (/magic bytes|too small|Footer length/i.test(message)) return "it ends too early or is damaged";
  return "it is damaged";
}
