import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { quoteLiteral } from "../database/identifiers.ts";
import { fail } from "../errors.ts";
import { headOf, isPlain, utf8BytesOf } from "./decode.ts";
import type { Engine } from "./engine.ts";
import type { Layout } from "./layout.ts";
import { normalizer } from "./normalize.ts";
import { type Dialect, type Irregularities, maxRecordBytes, readRecords } from "./records.ts";

/** What was read of one file. */
export interface ReadFile {
  readonly path: string;
  readonly bytes: number;
  /** Records behind the header: sound and faulty ones. */
  readonly records: number;
  /** Records rejected for their structure. */
  readonly faulty: number;
}

/**
 * Reads all files into DuckDB: `source` has a row a sound record, its columns as text in the order of files and records
 * (the row's number, from 0, is its `rowid`); `segment` says which record of which file a run of rows starts with; the
 * faulty records are in `fault`. Every record found in the bytes is in one of the two.
 *
 * @throws FILE_HAS_NO_ROWS, FILE_NOT_DECODABLE, FILE_NOT_DECOMPRESSED and errors of the file system
 */
export async function readSources(engine: Engine, layouts: readonly Layout[]): Promise<ReadFile[]> {
  const files: ReadFile[] = [];
  const order = layouts[0]?.columns.map((name) => name.toLowerCase()) ?? [];
  let rows = 0;
  for (const [index, layout] of layouts.entries()) {
    const file = await readSource(engine, layout, order, index, rows);
    rows += file.records - file.faulty;
    files.push(file);
  }
  if (files.every(({ records }) => records === 0)) {
    throw fail("FILE_HAS_NO_ROWS", { path: files.map(({ path }) => path).join(", ") });
  }
  return files;
}

/** The tables that {@link readSources} fills. */
export async function createSourceTables(engine: Engine, columns: readonly string[]): Promise<void> {
  const declared = columns.map((_, index) => `${sourceColumn(index)} VARCHAR`);
  await engine.run(`CREATE TABLE source (${declared.join(", ")})`);
  await engine.run("CREATE TABLE segment (first_row BIGINT, file BIGINT, record BIGINT)");
}

/** Columns of `source` go by number: a file may have one called `rowid`. */
export const sourceColumn = (index: number): string => `c${index}`;

async function readSource(
  engine: Engine,
  layout: Layout,
  order: readonly string[],
  index: number,
  rows: number,
): Promise<ReadFile> {
  const { file } = layout;
  const plain = isPlain(file, layout.encoding, await headOf(file));
  const path = plain ? file.absolute : join(engine.folder, `source-${index}.csv`);
  const bytes = interruptible(utf8BytesOf(file, layout.encoding), engine.signal);
  const scan = await count(plain ? bytes : copied(bytes, path), layout);
  const found = { path: file.path, bytes: file.bytes, records: scan.records, faulty: scan.faulty };
  if (scan.records === 0) return found;
  if (isRegular(layout, scan)) {
    const segments = await engine.appender("segment");
    segments.append(rows, index, 1);
    segments.close();
    await insert(engine, layout, order, { path, skip: layout.hasHeader ? 1 : 0, clean: false }, scan);
    if (!plain) await rm(path);
  } else {
    const clean = join(engine.folder, `clean-${index}.csv`);
    await normalize(engine, layout, index, rows, { from: path, to: clean });
    await insert(engine, layout, order, { path: clean, skip: 0, clean: true }, scan);
    await rm(clean);
    if (!plain) await rm(path);
  }
  return found;
}

interface Scan extends Irregularities {
  records: number;
  faulty: number;
}

async function count(bytes: AsyncIterable<Buffer>, layout: Layout): Promise<Scan> {
  const expected = layout.columns.length;
  let [records, faulty] = [layout.hasHeader ? -1 : 0, 0];
  const irregularities = await readRecords(bytes, layout.dialect, {
    record: ({ fields }) => {
      records++;
      if (fields !== expected && records > 0) faulty++;
      return undefined;
    },
    fault: () => {
      records++;
      faulty++;
    },
  });
  const { lineEnds, strayQuote, blankStart, multiline, multilineHeader } = irregularities;
  return { records, faulty, lineEnds, strayQuote, blankStart, multiline, multilineHeader };
}

/** Whether DuckDB reads the bytes exactly as {@link readRecords} does. */
function isRegular({ columns, dialect, file, hasHeader }: Layout, scan: Scan): boolean {
  const sound = scan.faulty === 0 && !scan.strayQuote && !scan.blankStart && !scan.multilineHeader;
  const usual = dialect.quote === 0x22 && columns.length > 1 && hasHeader && scan.lineEnds.size <= 1;
  // DuckDB takes a path with these for a pattern.
  return sound && usual && !/[*?[\]]/.test(file.absolute);
}

async function normalize(
  engine: Engine,
  layout: Layout,
  index: number,
  rows: number,
  path: { from: string; to: string },
): Promise<void> {
  const segments = await engine.appender("segment");
  const faults = await engine.appender("fault");
  const file = await open(path.to, "wx", 0o600);
  try {
    const expected = { fields: layout.columns.length, hasHeader: layout.hasHeader };
    const handler = normalizer(file, layout.dialect, expected, {
      fault: ({ record, code, value, message }) => {
        faults.append(null, index, record, 0, "", code, value, message);
      },
      restart: (rowsBefore, record) => segments.append(rows + rowsBefore, index, record),
    });
    const bytes = createReadStream(path.from, { highWaterMark: maxRecordBytes });
    await readRecords(interruptible(withoutMark(bytes), engine.signal), layout.dialect, handler);
  } finally {
    await file.close();
    segments.close();
    faults.close();
  }
}

async function insert(
  engine: Engine,
  { file, columns, dialect }: Layout,
  order: readonly string[],
  from: { path: string; skip: number; clean: boolean },
  scan: Scan,
): Promise<void> {
  // Otherwise DuckDB takes the first line end it sees: in a regular file that of the header. Told of CRLF it would read no
  // rows at all, and in parallel it gives up on records of several lines (1.5).
  const lineEnd = from.clean || scan.lineEnds.has("LF") ? "new_line = '\\n'," : "";
  const declared = columns.map((name) => `${sourceColumn(order.indexOf(name.toLowerCase()))}: 'VARCHAR'`);
  const inserted = await engine.count(`
    INSERT INTO source BY NAME
    SELECT * FROM read_csv(
      ${quoteLiteral(from.path)},
      auto_detect = false,
      header = false,
      skip = ${from.skip},
      columns = {${declared.join(", ")}},
      delim = ${quoteLiteral(delimiterOf(dialect))},
      quote = '"',
      escape = '"',
      comment = '',
      ${lineEnd}
      strict_mode = true,
      max_line_size = ${2 * maxRecordBytes},
      parallel = ${!from.clean && !scan.multiline},
      compression = 'none'
    )
  `);
  const expected = scan.records - scan.faulty;
  if (inserted !== expected) {
    const reason = `${file.path} has ${expected} sound records and ${inserted} were read; it may have changed meanwhile`;
    throw fail("INTERNAL", { reason });
  }
}

const delimiterOf = (dialect: Dialect) => String.fromCharCode(dialect.delimiter);

/** Passes the bytes on and writes them to a file. */
async function* copied(bytes: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  const file = await open(path, "wx", 0o600);
  try {
    for await (const chunk of bytes) {
      await file.writeFile(chunk);
      yield chunk;
    }
  } finally {
    await file.close();
  }
}

async function* interruptible(
  bytes: AsyncIterable<Buffer>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
    yield chunk;
  }
}

async function* withoutMark(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of bytes) {
    const marked = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    yield marked ? chunk.subarray(3) : chunk;
    first = false;
  }
}
