import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { bookkeeping, isRejectsFile } from "../rows/rejects.ts";
import { type Dialect, fieldsOf, type RecordPlace, readRecords } from "./csv/records.ts";
import { type Encoding, encodingOf, headOf, utf8BytesOf } from "./decode.ts";
import { isTabSeparated, type SourceFile } from "./files.ts";
import { keysOf } from "./ndjson/scan-ndjson.ts";
import { readParquetColumns } from "./parquet/scan-parquet.ts";
import { kindOf } from "./signatures.ts";

/** How source files are written, as flags or a mapping say it. */
export interface Format {
  readonly delimiter?: string | undefined;
  readonly quote?: string | undefined;
  readonly encoding?: string | undefined;
  /** Column names of files without a header line. */
  readonly header?: readonly string[] | undefined;
}

/** A file whose column names are known. */
export type Layout = CsvLayout | ParquetLayout | NdjsonLayout;

interface Columns {
  readonly file: SourceFile;
  /** Column names, each once (in upper or lower case): those in the file without a rejects file's own, then the constants'. */
  readonly columns: readonly string[];
  /** Those in the file, in its order. */
  readonly own: readonly string[];
  /** Columns that have one value in all records of the file: what its partitioned folders say. */
  readonly constants: ReadonlyMap<string, string>;
}

export interface CsvLayout extends Columns {
  readonly kind: "csv";
  readonly encoding: Encoding;
  readonly dialect: Dialect;
  /** Whether the first record is the header. */
  readonly hasHeader: boolean;
}

export interface ParquetLayout extends Columns {
  readonly kind: "parquet";
  /** Where DuckDB can read it. */
  readonly readable: string;
  /** DuckDB's type of each of its own columns. */
  readonly types: readonly string[];
}

export interface NdjsonLayout extends Columns {
  readonly kind: "ndjson";
  readonly encoding: Encoding;
}

/** What a file itself says. */
type Found =
  | Omit<CsvLayout, "columns" | "constants">
  | Omit<ParquetLayout, "columns" | "constants">
  | Omit<NdjsonLayout, "columns" | "constants">;

/**
 * Finds the columns of each file: the header of CSV, the schema of Parquet, the keys of all lines of NDJSON, and the keys of
 * partitioned folders that the paths of all files have; a column in the file beats one of its path. All files must have the
 * same columns, in any order.
 *
 * @throws FILE_EMPTY, FILE_NOT_CSV, FILE_NOT_DECODABLE, ENCODING_UNKNOWN, HEADER_INVALID, DELIMITER_WRONG, FILES_DIFFER,
 * PARQUET_UNREADABLE, JSON_NOT_LINES
 */
export async function readLayouts(
  engine: Engine,
  files: readonly SourceFile[],
  format: Format,
): Promise<Layout[]> {
  const found: Found[] = [];
  for (const [index, file] of files.entries()) {
    found.push(await readColumns(engine, file, format, index));
  }
  const keys = unionOf(found.filter(({ kind }) => kind === "ndjson"));
  const layouts = found.map((one) =>
    withConstants(one.kind === "ndjson" ? { ...one, own: keys } : one, files),
  );
  const [first, ...others] = layouts;
  for (const layout of layouts) requireUsableNames(layout.file, layout.columns);
  for (const other of others) requireSameColumns(other, first as Layout);
  return layouts;
}

async function readColumns(engine: Engine, file: SourceFile, format: Format, index: number): Promise<Found> {
  const kind = kindOf(file.path, await headOf(file));
  if (kind === "parquet") return { kind, file, ...(await readParquetColumns(engine, file, index)) };
  // Rejects are always written in the same way.
  const written = kind === "csv" && isRejectsFile(await headOf(file)) ? {} : format;
  const encoding = encodingOf(written.encoding ?? "utf-8");
  if (kind === "csv") return { kind, file, encoding, ...(await readHeader(file, encoding, written)) };
  return { kind, file, encoding, own: await keysOf(file, encoding, engine.signal) };
}

/** Every name once, in the spelling and at the place it was first met. */
function unionOf(layouts: readonly Pick<Columns, "own">[]): string[] {
  const names = new Map<string, string>();
  for (const name of layouts.flatMap(({ own }) => own)) {
    if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  return [...names.values()];
}

function withConstants(found: Found, files: readonly SourceFile[]): Layout {
  const own = new Set(found.own.map((name) => name.toLowerCase()));
  const everywhere = (key: string) =>
    files.every(({ keys }) => [...keys.keys()].some((other) => other.toLowerCase() === key.toLowerCase()));
  const constants = new Map(
    [...found.file.keys].filter(([key]) => everywhere(key) && !own.has(key.toLowerCase())),
  );
  const columns = found.own.filter((name) => !bookkeeping.has(name.toLowerCase()));
  return { ...found, columns: [...columns, ...constants.keys()], constants };
}

async function readHeader(
  file: SourceFile,
  encoding: Encoding,
  format: Format,
): Promise<Pick<CsvLayout, "dialect" | "own" | "hasHeader">> {
  const delimiter = format.delimiter ?? (isTabSeparated(file) ? "\t" : ",");
  const dialect = { delimiter: delimiter.charCodeAt(0), quote: (format.quote ?? '"').charCodeAt(0) };
  if (Number.isNaN(dialect.quote)) Object.assign(dialect, { quote: undefined });
  const first = await firstRecord(file, encoding, dialect);
  const hasHeader = format.header === undefined;
  const names = (hasHeader ? fieldsOf(first, dialect) : (format.header ?? [])).map((name) => name.trim());
  if (hasHeader && names.length === 1) requireDelimiter(file, first, delimiter);
  return { dialect, own: names, hasHeader };
}

async function firstRecord(file: SourceFile, encoding: Encoding, dialect: Dialect): Promise<RecordPlace> {
  let found: RecordPlace | undefined;
  await readRecords(utf8BytesOf(file, encoding), dialect, {
    record: (place) => {
      found = place;
      return false;
    },
    fault: (code) => {
      if (code === "NUL_BYTE") throw fail("FILE_NOT_CSV", { path: file.path, kind: "binary data" });
      if (code === "INVALID_UTF8") {
        const reason = "its first line holds bytes that have no meaning there";
        throw fail("FILE_NOT_DECODABLE", { path: file.path, encoding: encoding.label, reason });
      }
      throw fail("HEADER_INVALID", { path: file.path, problem: problems[code] ?? code });
    },
  });
  if (found === undefined) throw fail("FILE_EMPTY", { path: file.path });
  return found;
}

const problems: Partial<Record<string, string>> = {
  UNCLOSED_QUOTE: "a quote is never closed",
  MALFORMED_QUOTE: "text follows a closing quote",
  RECORD_TOO_LONG: "it is longer than 1 MiB",
};

const delimiters: Record<string, string> = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };

function requireDelimiter(file: SourceFile, { buffer, start, end }: RecordPlace, delimiter: string): void {
  const line = buffer.toString("utf8", start, end);
  const count = (mark: string) => line.split(mark).length - 1;
  const [likely] = Object.keys(delimiters)
    .filter((mark) => mark !== delimiter && count(mark) > 0)
    .sort((a, b) => count(b) - count(a));
  if (likely === undefined) return;
  throw fail("DELIMITER_WRONG", {
    path: file.path,
    delimiter: delimiters[delimiter] ?? delimiter,
    likely: delimiters[likely] ?? likely,
    flag: likely === "\t" ? "tab" : `'${likely}'`,
  });
}

/** Names DuckDB and the mapping's expressions can tell apart. */
function requireUsableNames(file: SourceFile, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    const key = name.toLowerCase();
    const problem =
      name === ""
        ? `column ${index + 1} of ${names.length} has no name`
        : seen.has(key)
          ? `the column ${name} stands there twice`
          : key === "_seq"
            ? `the name ${name} is reserved`
            : undefined;
    if (problem !== undefined) throw fail("HEADER_INVALID", { path: file.path, problem });
    seen.add(key);
  }
}

function requireSameColumns(other: Layout, first: Layout): void {
  const lower = (layout: Layout) => new Set(layout.columns.map((name) => name.toLowerCase()));
  const [own, expected] = [lower(other), lower(first)];
  const missing = first.columns.filter((name) => !own.has(name.toLowerCase()));
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
