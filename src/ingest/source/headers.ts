import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { readCsvHeader } from "./csv/header.ts";
import { encodingOf } from "./encoding.ts";
import type { CsvLayout, Format, Layout, NdjsonLayout, ParquetLayout } from "./layout.ts";
import { readKeys } from "./ndjson/keys.ts";
import { readParquetColumns } from "./parquet/columns.ts";
import { rejectsFileColumns } from "./rejects-file.ts";
import { kindOf } from "./signatures.ts";
import type { SourceFile } from "./source-file.ts";

/**
 * Finds the columns of each file: the header of CSV, the schema of Parquet, the keys of all lines of NDJSON, and the keys of
 * partitioned folders that the paths of all files have. A column in the file overrides one of its path. All files must have
 * the same columns, in any order.
 *
 * @throws FILE_EMPTY, FILE_NOT_CSV, FILE_NOT_DECOMPRESSED, FILE_NOT_DECODABLE, ENCODING_UNKNOWN, HEADER_INVALID,
 * DELIMITER_WRONG, COLUMNS_TOO_MANY, FILES_DIFFER, PARQUET_UNREADABLE, JSON_NOT_LINES
 */
export async function readLayouts(
  engine: Engine,
  files: readonly SourceFile[],
  format: Format,
): Promise<Layout[]> {
  const headers: Header[] = [];
  for (const [index, file] of files.entries()) {
    const header = await readHeader(engine, file, format, index);
    const columns = header.fileColumns.length;
    if (columns > maxColumns) throw fail("COLUMNS_TOO_MANY", { path: file.path, columns, limit: maxColumns });
    headers.push(header);
  }
  const shared = sharedKeys(files);
  const layouts = withAllKeys(headers).map((header) => layoutOf(header, shared));
  const [first, ...others] = layouts;
  for (const layout of layouts) requireUsableNames(layout.file, layout.columns);
  for (const other of others) requireSameColumns(other, first as Layout);
  return layouts;
}

/** A layout without what depends on the other files of the load. */
type Header =
  | Omit<CsvLayout, "columns" | "constants">
  | Omit<ParquetLayout, "columns" | "constants">
  | Omit<NdjsonLayout, "columns" | "constants">;

async function readHeader(engine: Engine, file: SourceFile, format: Format, index: number): Promise<Header> {
  const kind = kindOf(file.path, file.head);
  if (kind === "parquet") return { kind, file, ...(await readParquetColumns(engine, file, index)) };
  // The format of the sources does not apply to their rejects.
  const written = kind === "rejects" ? {} : format;
  const encoding = encodingOf(written.encoding ?? "utf-8");
  if (kind === "ndjson") {
    return { kind, file, encoding, fileColumns: await readKeys(file, encoding, engine.signal) };
  }
  return { kind: "csv", file, encoding, ...(await readCsvHeader(file, encoding, written)) };
}

/** Gives each NDJSON file the keys of all of them, in the spelling and order of their first occurrence. */
function withAllKeys(headers: readonly Header[]): Header[] {
  const keys = new Map<string, string>();
  for (const { kind, fileColumns } of headers) {
    if (kind !== "ndjson") continue;
    for (const key of fileColumns) if (!keys.has(key.toLowerCase())) keys.set(key.toLowerCase(), key);
  }
  const fileColumns = [...keys.values()];
  return headers.map((header) => (header.kind === "ndjson" ? { ...header, fileColumns } : header));
}

/** A wider file is most likely not split where it should be, and each column costs time in every step. */
const maxColumns = 10_000;

/** The keys that the paths of all files have, in lower case. */
function sharedKeys(files: readonly SourceFile[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { keys } of files) {
    for (const key of new Set([...keys.keys()].map((name) => name.toLowerCase()))) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return new Set([...counts].filter(([, count]) => count === files.length).map(([key]) => key));
}

function layoutOf(header: Header, shared: ReadonlySet<string>): Layout {
  const inFile = new Set(header.fileColumns.map((name) => name.toLowerCase()));
  const constants = new Map(
    [...header.file.keys].filter(([key]) => shared.has(key.toLowerCase()) && !inFile.has(key.toLowerCase())),
  );
  const columns = header.fileColumns.filter((name) => !rejectsFileColumns.has(name.toLowerCase()));
  return { ...header, columns: [...columns, ...constants.keys()], constants };
}

/** Requires names that DuckDB and the mapping's expressions can tell apart. */
function requireUsableNames(file: SourceFile, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    const key = name.toLowerCase();
    const problem =
      name === ""
        ? `column ${index + 1} of ${names.length} has no name`
        : seen.has(key)
          ? `it has the column ${name} twice`
          : key === "_seq"
            ? `the name ${name} is reserved`
            : undefined;
    if (problem !== undefined) throw fail("HEADER_INVALID", { path: file.path, problem });
    seen.add(key);
  }
}

function requireSameColumns(other: Layout, first: Layout): void {
  const lower = (layout: Layout) => new Set(layout.columns.map((name) => name.toLowerCase()));
  const [present, expected] = [lower(other), lower(first)];
  const missing = first.columns.filter((name) => !present.has(name.toLowerCase()));
  const extra = other.columns.filter((name) => !expected.has(name.toLowerCase()));
  if (missing.length === 0 && extra.length === 0) return;
  const difference = [
    missing.length > 0 ? `without ${missing.join(", ")}` : "",
    extra.length > 0 ? `with ${extra.join(", ")}` : "",
  ];
  throw fail("FILES_DIFFER", {
    path: other.file.path,
    first: first.file.path,
    difference: difference.filter(Boolean).join(", "),
  });
}
