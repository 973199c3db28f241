import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { quoteLiteral } from "../../../database/identifiers.ts";
import type { Engine } from "../../../duckdb/engine.ts";
import { hexOf, sha256 } from "../../../system/digest.ts";
import { tables } from "../../engine-tables.ts";
import type { Stopwatch } from "../../stopwatch.ts";
import { headOf, isPlain, utf8BytesOf } from "../decode.ts";
import type { CsvLayout, Layout } from "../layout.ts";
import { listOf, type ScannedFile, type ScanOrder } from "../scan.ts";
import { normalizer } from "./normalize.ts";
import { type Dialect, type Irregularities, maxRecordBytes, readRecords } from "./records.ts";

/**
 * Counts the records of a CSV file and makes sure DuckDB can only read them in one way: as it is where it is regular, else
 * from a copy of its sound records.
 *
 * @throws FILE_NOT_DECODABLE, FILE_NOT_DECOMPRESSED and errors of the file system
 */
export async function scanCsv(
  engine: Engine,
  layout: CsvLayout,
  order: ScanOrder,
  clock: Stopwatch,
): Promise<ScannedFile> {
  const { file, encoding } = layout;
  const hash = sha256();
  const plain = isPlain(file, encoding, await headOf(file));
  const path = plain ? file.absolute : join(engine.folder, `source-${order.index}.csv`);
  const bytes = interruptible(
    utf8BytesOf(file, encoding, (chunk) => hash.update(chunk)),
    engine.signal,
  );
  const count = await countRecords(plain ? bytes : copied(bytes, path), layout, true, (rows) =>
    clock.progress(order.rows + rows),
  );
  const about = { path: file.path, bytes: file.bytes, sha256: hexOf(hash), records: count.records };
  const scanned = await asReadable(engine, layout, order, path, count);
  if (!count.wholesale || !isRegular(layout, count)) return { ...about, ...scanned };
  const rescan = async (): Promise<ScannedFile> => {
    const closer = await countRecords(bytesOf(path, engine.signal), layout, false);
    return { ...about, ...(await asReadable(engine, layout, order, path, closer)) };
  };
  return { ...about, ...scanned, rescan };
}

interface Count extends Irregularities {
  /** Behind the header. */
  records: number;
  faulty: number;
  /** Lines were taken at once: that they have the right fields is not proven. */
  wholesale: boolean;
}

async function countRecords(
  bytes: AsyncIterable<Buffer>,
  { own, hasHeader, dialect }: CsvLayout,
  wholesale: boolean,
  onProgress?: (rows: number) => void,
): Promise<Count> {
  const expected = own.length;
  let [records, faulty] = [hasHeader ? -1 : 0, 0];
  let taken = false;
  const take = (lines: number) => {
    taken = true;
    records += lines;
  };
  const irregularities = await readRecords(bytes, dialect, {
    ...(wholesale && expected > 1 ? { whole: { fields: expected, take } } : {}),
    record: ({ fields }) => {
      records++;
      if (fields !== expected && records > 0) faulty++;
      return undefined;
    },
    fault: () => {
      records++;
      faulty++;
    },
    pause: async () => onProgress?.(records),
  });
  const { lineEnds, strayQuote, blankStart, multiline, multilineHeader } = irregularities;
  return {
    ...{ records, faulty, wholesale: taken },
    ...{ lineEnds, strayQuote, blankStart, multiline, multilineHeader },
  };
}

/** The relation of a file's sound records; an irregular file is written out anew for it, its faults told. */
async function asReadable(
  engine: Engine,
  layout: CsvLayout,
  order: ScanOrder,
  path: string,
  count: Count,
): Promise<Pick<ScannedFile, "relation" | "faulty">> {
  if (isRegular(layout, count)) {
    const segments = await engine.appender(tables.sourceSegment);
    segments.append(order.index, 0, 1);
    segments.close();
    // Otherwise DuckDB takes the first line end it sees: in a regular file that of the header. Told of CRLF it would read no
    // rows at all, and in parallel it gives up on records of several lines (1.5).
    const lineEnd = count.lineEnds.has("LF");
    return {
      relation: readCsv(layout, order, { path, skip: 1, lineEnd, parallel: !count.multiline }),
      faulty: 0,
    };
  }
  const clean = join(engine.folder, `clean-${order.index}.csv`);
  const faulty = await normalize(engine, layout, order, { from: path, to: clean });
  if (path !== layout.file.absolute) await rm(path);
  return {
    relation: readCsv(layout, order, { path: clean, skip: 0, lineEnd: true, parallel: false }),
    faulty,
  };
}

/** Whether DuckDB reads the bytes exactly as {@link readRecords} does. */
function isRegular({ own, dialect, file, hasHeader }: CsvLayout, count: Count): boolean {
  const sound = count.faulty === 0 && !count.strayQuote && !count.blankStart && !count.multilineHeader;
  const usual =
    dialect.quote === 0x22 &&
    own.length > 1 &&
    hasHeader &&
    count.lineEnds.size <= 1 &&
    !own.includes("_line");
  // DuckDB takes a path with these for a pattern.
  return sound && usual && !/[*?[\]]/.test(file.absolute);
}

/** Returns how many records are faulty. */
async function normalize(
  engine: Engine,
  layout: CsvLayout,
  { index, columns }: ScanOrder,
  path: { from: string; to: string },
): Promise<number> {
  const segments = await engine.appender(tables.sourceSegment);
  const faults = await engine.appender(tables.rejectReason);
  const broken = await engine.appender(tables.malformedRecord);
  const places = columns.map((name) => layout.own.findIndex((own) => own.toLowerCase() === name));
  const file = await open(path.to, "wx", 0o600);
  let faulty = 0;
  try {
    const unmended = layout.own.indexOf("_line");
    const expected = { fields: layout.own.length, hasHeader: layout.hasHeader, unmended };
    const handler = normalizer(file, layout.dialect, expected, {
      fault: ({ record, code, value, message, fields, line }) => {
        faulty++;
        faults.append(null, index, record, 0, "", code, value, message);
        broken.append(index, record, line, ...places.map((place) => fields[place] ?? null));
      },
      restart: (rowsBefore, record) => segments.append(index, rowsBefore, record),
    });
    await readRecords(bytesOf(path.from, engine.signal), layout.dialect, handler);
  } finally {
    await file.close();
    segments.close();
    faults.close();
    broken.close();
  }
  return faulty;
}

/** SQL of the records of a CSV file that can be read in one way only. */
export function readCsv(
  layout: Layout & Pick<CsvLayout, "dialect">,
  order: ScanOrder,
  from: { path: string; skip: number; lineEnd: boolean; parallel: boolean },
): string {
  const fields = layout.own.map((_, index) => `f${index}`);
  const ownPlace = ["_file", "_record"].flatMap((name) => {
    const index = layout.own.indexOf(name);
    return index === -1 ? [] : `${fields[index]} AS own${name}`;
  });
  return `(
    SELECT ${[listOf(layout, order, fields), ...ownPlace].join(", ")}
    FROM read_csv(
      ${quoteLiteral(from.path)},
      auto_detect = false,
      header = false,
      skip = ${from.skip},
      columns = {${fields.map((field) => `${field}: 'VARCHAR'`).join(", ")}},
      delim = ${quoteLiteral(delimiterOf(layout.dialect))},
      quote = '"',
      escape = '"',
      comment = '',
      ${from.lineEnd ? "new_line = '\\n'," : ""}
      strict_mode = true,
      max_line_size = ${2 * maxRecordBytes},
      parallel = ${from.parallel},
      compression = 'none'
    )
  )`;
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

/** The bytes of a UTF-8 file without a byte order mark. */
async function* bytesOf(path: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  let first = true;
  const stream = createReadStream(path, { highWaterMark: maxRecordBytes }) as AsyncIterable<Buffer>;
  for await (const chunk of interruptible(stream, signal)) {
    const marked = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    yield marked ? chunk.subarray(3) : chunk;
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
