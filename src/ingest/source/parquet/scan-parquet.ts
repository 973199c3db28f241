import { createWriteStream } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { quoteIdentifier, quoteLiteral } from "../../../database/identifiers.ts";
import type { Engine } from "../../../duckdb/engine.ts";
import { fail } from "../../../errors.ts";
import { sha256OfFile } from "../../../system/digest.ts";
import { tables } from "../../engine-tables.ts";
import type { CheckedPlan } from "../../rows/expressions.ts";
import { decompressed } from "../decode.ts";
import type { SourceFile } from "../files.ts";
import type { Layout, ParquetLayout } from "../layout.ts";
import { listOf, type ScannedFile, type ScanOrder } from "../scan.ts";
import { plainText, writtenText } from "./value-text.ts";

/**
 * The columns of a Parquet file and their types.
 *
 * @throws PARQUET_UNREADABLE
 */
export async function readParquetColumns(
  engine: Engine,
  file: SourceFile,
  index: number,
): Promise<Pick<ParquetLayout, "own" | "types" | "readable">> {
  const readable = await readablePath(engine, file, index);
  const columns = await reading(engine, file, () =>
    engine.rows<{ column_name: string; column_type: string }>(
      `DESCRIBE SELECT * FROM ${readParquet(readable)}`,
    ),
  );
  return {
    readable,
    own: columns.map(({ column_name }) => column_name),
    types: columns.map(({ column_type }) => column_type),
  };
}

/** A path DuckDB reads as it stands: not compressed as a whole, and not taken for a pattern. */
async function readablePath(engine: Engine, file: SourceFile, index: number): Promise<string> {
  const own = join(engine.folder, `source-${index}.parquet`);
  if (file.compression !== undefined) {
    const target = createWriteStream(own, { flags: "wx", mode: 0o600 });
    await pipeline(Readable.from(decompressed(file)), target, { signal: engine.signal });
    return own;
  }
  if (!/[*?[\]]/.test(file.absolute)) return file.absolute;
  await symlink(file.absolute, own);
  return own;
}

/**
 * Counts the rows of a Parquet file, and reads all of it once: damage is told here and not in the middle of a load.
 *
 * @throws PARQUET_UNREADABLE
 */
export async function scanParquet(
  engine: Engine,
  layout: ParquetLayout,
  order: ScanOrder,
): Promise<ScannedFile> {
  const { file, readable, own, types } = layout;
  const source = readParquet(readable);
  const sha256 = await sha256OfFile(file.absolute, { name: file.path, signal: engine.signal });
  // Not only counted: DuckDB would take the number from the footer and look at nothing else.
  const everything = own.map(quoteIdentifier).join(", ");
  const [read] = await reading(engine, file, () =>
    engine.rows<{ rows: number }>(
      `SELECT count(*) AS rows, bit_xor(hash(${everything})) AS seen FROM ${source}`,
    ),
  );
  const records = read?.rows ?? 0;
  const segments = await engine.appender(tables.sourceSegment);
  segments.append(order.index, 0, 1);
  segments.close();
  const written = own.map(
    (name, index) => `${writtenText(quoteIdentifier(name), types[index] ?? "")} AS f${index}`,
  );
  const texts = own.map((_, index) => plainText(`f${index}`, types[index] ?? ""));
  const relation = `(SELECT ${listOf(layout, order, texts)} FROM (SELECT ${written.join(", ")} FROM ${source}))`;
  return { path: file.path, bytes: file.bytes, sha256, records, faulty: 0, relation };
}

/**
 * Refuses columns of bytes that the load would read: they have no text.
 *
 * @throws COLUMN_IS_BINARY
 */
export function refuseBinary(layouts: readonly Layout[], { columns, filter }: CheckedPlan): void {
  const spoken = [...columns.values(), ...(filter === undefined ? [] : [filter])];
  const used = new Set(spoken.flatMap((expression) => expression.columns).map((name) => name.toLowerCase()));
  for (const layout of layouts) {
    if (layout.kind !== "parquet") continue;
    const column = layout.own.find(
      (name, index) => layout.types[index] === "BLOB" && used.has(name.toLowerCase()),
    );
    if (column !== undefined) throw fail("COLUMN_IS_BINARY", { column, path: layout.file.path });
  }
}

/** Keys of partitioned folders are not left to DuckDB: it would give them types. */
const readParquet = (path: string) => `read_parquet(${quoteLiteral(path)}, hive_partitioning = false)`;

async function reading<T>(engine: Engine, file: SourceFile, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    // Space and interruptions are no fault of the file.
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
