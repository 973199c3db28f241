import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../../../duckdb/engine.ts";
import { hexOf, sha256 } from "../../../system/digest.ts";
import type { LoadClock } from "../../phases.ts";
import { isPlainUtf8, utf8BytesOf } from "../decode.ts";
import type { CsvLayout } from "../layout.ts";
import { recordWholeFile, withScanLog } from "../scan-log.ts";
import type { ScanContext, ScannedFile } from "../scanned-file.ts";
import { byteOrderMark } from "../signatures.ts";
import { normalize } from "./normalize.ts";
import { readCsv } from "./read-csv.ts";
import { type Irregularities, maxRecordBytes, readRecords } from "./records.ts";

/**
 * Counts the records of a CSV file and makes sure that DuckDB can read them in one way only: from the file itself if it is
 * regular, otherwise from a copy of its sound records.
 *
 * @throws FILE_NOT_DECODABLE, FILE_NOT_DECOMPRESSED, FILE_NOT_CSV and errors of the file system
 */
export async function scanCsv(
  engine: Engine,
  layout: CsvLayout,
  context: ScanContext,
  clock: LoadClock,
): Promise<ScannedFile> {
  const { file, encoding } = layout;
  const hash = sha256();
  const bytes = interruptible(
    utf8BytesOf(file, encoding, (chunk) => hash.update(chunk)),
    engine.signal,
  );
  const plain = isPlainUtf8(file, encoding);
  const path = plain ? file.absolute : join(engine.folder, `source-${context.index}.csv`);
  const count = await countRecords(plain ? bytes : copied(bytes, path), layout, {
    // A small file takes no time, and is then known well enough to be read together with others.
    linesAtOnce: file.bytes > smallBytes || file.compression !== undefined,
    onProgress: (records) => clock.progress(context.recordsBefore + records),
  });
  const known = { path: file.path, bytes: file.bytes, sha256: hexOf(hash), records: count.records };
  const readable = await makeReadable(engine, layout, context, path, count);
  if (!count.linesAtOnce || !isRegular(layout, count)) return { ...known, ...readable };
  const rescan = async (): Promise<ScannedFile> => {
    const recount = await countRecords(bytesOf(path, engine.signal), layout, { linesAtOnce: false });
    return { ...known, ...(await makeReadable(engine, layout, context, path, recount)) };
  };
  return { ...known, ...readable, rescan };
}

const smallBytes = 64 * 1024;

interface RecordCount extends Irregularities {
  /** After the header. */
  readonly records: number;
  readonly faulty: number;
  /** Lines were counted many at once, so that nothing proves yet that each has the right number of fields. */
  readonly linesAtOnce: boolean;
}

async function countRecords(
  bytes: AsyncIterable<Buffer>,
  { fileColumns, hasHeader, dialect }: CsvLayout,
  options: { linesAtOnce: boolean; onProgress?: (records: number) => void },
): Promise<RecordCount> {
  const expected = fileColumns.length;
  let [records, faulty, linesAtOnce] = [hasHeader ? -1 : 0, 0, false];
  const counted = (lines: number) => {
    linesAtOnce = true;
    records += lines;
  };
  const { lineEnds, strayQuote, blankStart, multiline, multilineHeader } = await readRecords(bytes, dialect, {
    ...(options.linesAtOnce && expected > 1 ? { lines: { fields: expected, counted } } : {}),
    record: ({ fields }) => {
      records++;
      if (fields !== expected && records > 0) faulty++;
      return undefined;
    },
    fault: () => {
      records++;
      faulty++;
    },
    pause: async () => options.onProgress?.(records),
  });
  return { records, faulty, linesAtOnce, lineEnds, strayQuote, blankStart, multiline, multilineHeader };
}

/** The relation of a file's sound records. An irregular file is normalized for it, and its faults are recorded. */
async function makeReadable(
  engine: Engine,
  layout: CsvLayout,
  context: ScanContext,
  path: string,
  count: RecordCount,
): Promise<Pick<ScannedFile, "relation" | "faulty">> {
  if (isRegular(layout, count)) {
    await recordWholeFile(engine, context);
    const regular = { path, skip: 1, endsWithLf: count.lineEnds.has("LF"), parallel: !count.multiline };
    return { relation: readCsv(layout, context, regular), faulty: 0 };
  }
  const copy = join(engine.folder, `clean-${context.index}.csv`);
  const faulty = await withScanLog(engine, layout, context, (log) =>
    normalize(bytesOf(path, engine.signal), copy, layout, log),
  );
  if (path !== layout.file.absolute) await rm(path);
  const normalized = { path: copy, skip: 0, endsWithLf: true, parallel: false };
  return { relation: readCsv(layout, context, normalized), faulty };
}

/** Whether DuckDB reads the bytes exactly as {@link readRecords} does. */
function isRegular({ fileColumns, dialect, file, hasHeader }: CsvLayout, count: RecordCount): boolean {
  const sound = count.faulty === 0 && !count.strayQuote && !count.blankStart && !count.multilineHeader;
  const usual =
    dialect.quote === 0x22 &&
    fileColumns.length > 1 &&
    hasHeader &&
    count.lineEnds.size <= 1 &&
    !fileColumns.includes("_line");
  // DuckDB takes a path with these characters for a pattern.
  return sound && usual && !/[*?[\]]/.test(file.absolute);
}

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

/** The bytes of a UTF-8 file without its byte order mark. */
async function* bytesOf(path: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  let first = true;
  const stream = createReadStream(path, { highWaterMark: maxRecordBytes }) as AsyncIterable<Buffer>;
  for await (const chunk of interruptible(stream, signal)) {
    yield first ? chunk.subarray(byteOrderMark(chunk)?.length ?? 0) : chunk;
    first = false;
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
