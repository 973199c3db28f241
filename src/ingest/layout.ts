import { fail } from "../errors.ts";
import { type Encoding, encodingOf, utf8BytesOf } from "./decode.ts";
import { isTabSeparated, type SourceFile } from "./files.ts";
import { type Dialect, fieldsOf, type RecordPlace, readRecords } from "./records.ts";

/** How source files are written, as flags or a mapping say it. */
export interface Format {
  readonly delimiter?: string | undefined;
  readonly quote?: string | undefined;
  readonly encoding?: string | undefined;
  /** Column names of files without a header line. */
  readonly header?: readonly string[] | undefined;
}

/** A file whose first record was read. */
export interface Layout {
  readonly file: SourceFile;
  readonly encoding: Encoding;
  readonly dialect: Dialect;
  /** Column names, trimmed, each once (in upper or lower case). */
  readonly columns: readonly string[];
  /** Whether the first record is the header. */
  readonly hasHeader: boolean;
}

/**
 * Reads the header of each file; all must have the same columns, in any order.
 *
 * @throws FILE_EMPTY, FILE_NOT_CSV, FILE_NOT_DECODABLE, ENCODING_UNKNOWN, HEADER_INVALID, DELIMITER_WRONG, FILES_DIFFER
 */
export async function readLayouts(files: readonly SourceFile[], format: Format): Promise<Layout[]> {
  const layouts: Layout[] = [];
  for (const file of files) layouts.push(await readLayout(file, format));
  const [first, ...others] = layouts;
  for (const other of others) requireSameColumns(other, first as Layout);
  return layouts;
}

async function readLayout(file: SourceFile, format: Format): Promise<Layout> {
  const encoding = encodingOf(format.encoding ?? "utf-8");
  const delimiter = format.delimiter ?? (isTabSeparated(file) ? "\t" : ",");
  const dialect = { delimiter: delimiter.charCodeAt(0), quote: (format.quote ?? '"').charCodeAt(0) };
  if (Number.isNaN(dialect.quote)) Object.assign(dialect, { quote: undefined });
  const first = await firstRecord(file, encoding, dialect);
  const hasHeader = format.header === undefined;
  const names = (hasHeader ? fieldsOf(first, dialect) : (format.header ?? [])).map((name) => name.trim());
  if (hasHeader && names.length === 1) requireDelimiter(file, first, delimiter);
  requireUsableNames(file, names);
  return { file, encoding, dialect, columns: names, hasHeader };
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
          : ["_file", "_record", "_seq"].includes(key)
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
