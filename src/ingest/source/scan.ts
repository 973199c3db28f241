import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import type { LoadClock } from "../phases.ts";
import { scanCsv } from "./csv/scan-csv.ts";
import type { Layout } from "./layout.ts";
import { scanNdjson } from "./ndjson/scan-ndjson.ts";
import { scanParquet } from "./parquet/scan-parquet.ts";
import type { ScanContext, ScannedFile } from "./scanned-file.ts";

/**
 * Counts the records of all files. Runs of sound records are in `segment` and faulty records in `fault`; every record of a
 * file is in one of the two.
 *
 * @throws FILE_NOT_CSV, FILE_NOT_DECODABLE, FILE_NOT_DECOMPRESSED, PARQUET_UNREADABLE and errors of the file system
 */
export async function scanFiles(
  engine: Engine,
  layouts: readonly Layout[],
  clock: LoadClock,
): Promise<ScannedFile[]> {
  const files: ScannedFile[] = [];
  const columns = layouts[0]?.columns.map((name) => name.toLowerCase()) ?? [];
  let recordsBefore = 0;
  for (const [index, layout] of layouts.entries()) {
    const file = await scanFile(engine, layout, { columns, index, recordsBefore }, clock);
    recordsBefore += file.records;
    files.push(file);
  }
  return files;
}

/** @throws FILE_HAS_NO_ROWS if none of the files has a record */
export function requireRows(files: readonly ScannedFile[]): void {
  if (files.some(({ records }) => records > 0)) return;
  throw fail("FILE_HAS_NO_ROWS", { path: files.map(({ path }) => path).join(", ") });
}

function scanFile(
  engine: Engine,
  layout: Layout,
  context: ScanContext,
  clock: LoadClock,
): Promise<ScannedFile> {
  switch (layout.kind) {
    case "csv":
      return scanCsv(engine, layout, context, clock);
    case "parquet":
      return scanParquet(engine, layout, context);
    case "ndjson":
      return scanNdjson(engine, layout, context, clock);
  }
}
