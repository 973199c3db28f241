import { createWriteStream } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Engine } from "../../../duckdb/engine.ts";
import { decompressed } from "../decompress.ts";
import type { ParquetLayout } from "../layout.ts";
import type { SourceFile } from "../source-file.ts";
import { readParquet, withParquetFailures } from "./read-parquet.ts";

/**
 * The columns of a Parquet file and their types.
 *
 * @param index the file's position among the files of the load
 * @throws PARQUET_UNREADABLE, FILE_NOT_DECOMPRESSED
 */
export async function readParquetColumns(
  engine: Engine,
  file: SourceFile,
  index: number,
): Promise<Pick<ParquetLayout, "fileColumns" | "types" | "readable">> {
  const readable = await makeReadable(engine, file, index);
  const columns = await withParquetFailures(engine, file, () =>
    engine.rows<{ column_name: string; column_type: string }>(
      `DESCRIBE SELECT * FROM ${readParquet(readable)}`,
    ),
  );
  return {
    readable,
    fileColumns: columns.map(({ column_name }) => column_name),
    types: columns.map(({ column_type }) => column_type),
  };
}

/** A path that DuckDB can read: of a file that is not compressed as a whole, and not taken for a pattern. */
async function makeReadable(engine: Engine, file: SourceFile, index: number): Promise<string> {
  const path = join(engine.folder, `source-${index}.parquet`);
  if (file.compression !== undefined) {
    const target = createWriteStream(path, { flags: "wx", mode: 0o600 });
    await pipeline(Readable.from(decompressed(file)), target, { signal: engine.signal });
    return path;
  }
  if (!/[*?[\]]/.test(file.absolute)) return file.absolute;
  await symlink(file.absolute, path);
  return path;
}
