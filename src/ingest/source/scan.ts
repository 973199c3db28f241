import { quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import type { Stopwatch } from "../stopwatch.ts";
import { scanCsv } from "./csv/scan-csv.ts";
import type { Layout } from "./layout.ts";
import { scanNdjson } from "./ndjson/scan-ndjson.ts";
import { scanParquet } from "./parquet/scan-parquet.ts";

/** A file whose records were counted and can be read. */
export interface ScannedFile {
  readonly path: string;
  /** As it is on disk. */
  readonly bytes: number;
  /** Of the bytes on disk, in hexadecimal digits. */
  readonly sha256: string;
  /** Records behind the header: sound and faulty ones. */
  readonly records: number;
  /** Records rejected for their structure. */
  readonly faulty: number;
  /** SQL of the sound records in the file's order: columns c0, c1, … as text. Whoever reads it must find as many as are sound. */
  readonly relation: string;
  /** Where that is not proven until then: scans the file again, record by record. */
  readonly rescan?: () => Promise<ScannedFile>;
}

/** What the scan of a file is told of the others. */
export interface ScanOrder {
  /** The names of c0, c1, … in lower case: the columns of the first file. */
  readonly columns: readonly string[];
  /** The file's position among the files of the load. */
  readonly index: number;
  /** Records of the files before. */
  readonly rows: number;
}

/**
 * Counts the records of all files. `segment` says which record of its file a run of sound records starts with; faulty
 * records are in `fault`. Every record found in the bytes is in one of the two.
 *
 * @throws FILE_NOT_DECODABLE, FILE_NOT_DECOMPRESSED and errors of the file system
 */
export async function scanFiles(
  engine: Engine,
  layouts: readonly Layout[],
  clock: Stopwatch,
): Promise<ScannedFile[]> {
  const files: ScannedFile[] = [];
  const columns = layouts[0]?.columns.map((name) => name.toLowerCase()) ?? [];
  let rows = 0;
  for (const [index, layout] of layouts.entries()) {
    const file = await scanFile(engine, layout, { columns, index, rows }, clock);
    rows += file.records;
    files.push(file);
  }
  return files;
}

/** @throws FILE_HAS_NO_ROWS where none of the files has a record */
export function requireRows(files: readonly ScannedFile[]): void {
  if (files.some(({ records }) => records > 0)) return;
  throw fail("FILE_HAS_NO_ROWS", { path: files.map(({ path }) => path).join(", ") });
}

function scanFile(engine: Engine, layout: Layout, order: ScanOrder, clock: Stopwatch): Promise<ScannedFile> {
  switch (layout.kind) {
    case "csv":
      return scanCsv(engine, layout, order, clock);
    case "parquet":
      return scanParquet(engine, layout, order);
    case "ndjson":
      return scanNdjson(engine, layout, order, clock);
  }
}

/** SQL of c0, c1, … from what gives each of the file's own columns, and from its constants. */
export function listOf({ own, constants }: Layout, order: ScanOrder, values: readonly string[]): string {
  const texts = new Map(own.map((name, index) => [name.toLowerCase(), values[index] ?? "NULL"]));
  for (const [name, text] of constants) {
    texts.set(name.toLowerCase(), text === "" ? "NULL::VARCHAR" : quoteLiteral(text));
  }
  return order.columns.map((name, index) => `${texts.get(name)} AS ${sourceColumn(index)}`).join(", ");
}

/** Columns of the source go by number: a file may have one called `rowid`. */
export const sourceColumn = (index: number): string => `c${index}`;
