import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../../../duckdb/engine.ts";
import { fail } from "../../../errors.ts";
import { hexOf, sha256 } from "../../../system/digest.ts";
import { tables } from "../../engine-tables.ts";
import { defaultMessage } from "../../reject-messages.ts";
import type { Stopwatch } from "../../stopwatch.ts";
import { shown, shownInMessage, shownOfLine } from "../csv/normalize.ts";
import { readCsv } from "../csv/scan-csv.ts";
import { type Encoding, utf8BytesOf } from "../decode.ts";
import type { SourceFile } from "../files.ts";
import type { NdjsonLayout } from "../layout.ts";
import type { ScannedFile, ScanOrder } from "../scan.ts";
import { type Key, maxNames, readJsonLines } from "./json-lines.ts";
import { JsonRows } from "./json-rows.ts";

/**
 * The keys of all sound lines of an NDJSON file, in the order they are met.
 *
 * @throws FILE_EMPTY, JSON_NOT_LINES, and errors of decoding
 */
export async function keysOf(
  file: SourceFile,
  encoding: Encoding,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const keys: Key[] = [];
  let [sound, faulty] = [0, 0];
  await readJsonLines(utf8BytesOf(file, encoding), keys, {
    record: () => {
      sound++;
    },
    fault: () => {
      faulty++;
    },
    pause: async () => {
      signal?.throwIfAborted();
      if (keys.length <= maxNames) return;
      const problem = `its objects have more than ${maxNames} different keys`;
      throw fail("JSON_NOT_LINES", { path: file.path, problem });
    },
  });
  if (sound + faulty === 0) throw fail("FILE_EMPTY", { path: file.path });
  if (keys.length > 0) return keys.map(({ name }) => name);
  throw fail("JSON_NOT_LINES", { path: file.path, problem: "none of its lines is an object with keys" });
}

/**
 * Writes the sound lines of an NDJSON file as CSV that DuckDB can read in one way only; the others are faults.
 *
 * @throws errors of decoding and of the file system
 */
export async function scanNdjson(
  engine: Engine,
  layout: NdjsonLayout,
  order: ScanOrder,
  clock: Stopwatch,
): Promise<ScannedFile> {
  const { file, encoding, own } = layout;
  const path = join(engine.folder, `clean-${order.index}.csv`);
  const hash = sha256();
  const keys = own.map((name) => ({ name, raw: Buffer.from(JSON.stringify(name).slice(1, -1)) }));
  const rows = new JsonRows(own.length);
  let [records, faulty, gap] = [0, 0, true];
  const segments = await engine.appender(tables.sourceSegment);
  const faults = await engine.appender(tables.rejectReason);
  const broken = await engine.appender(tables.malformedRecord);
  const target = await open(path, "wx", 0o600);
  try {
    const bytes = utf8BytesOf(file, encoding, (chunk) => hash.update(chunk));
    await readJsonLines(bytes, keys, {
      record: (buffer, line, members) => {
        if (gap) segments.append(order.index, records - faulty, records + 1);
        gap = false;
        records++;
        rows.add(buffer, line, members);
      },
      fault: (code, line, message = defaultMessage(code)) => {
        gap = true;
        records++;
        faulty++;
        faults.append(null, order.index, records, 0, "", code, shown(line, shownInMessage), message);
        broken.append(order.index, records, shown(line, shownOfLine), ...order.columns.map(() => null));
      },
      pause: async () => {
        engine.signal?.throwIfAborted();
        await target.writeFile(rows.take());
        clock.progress(order.rows + records);
      },
    });
  } finally {
    await target.close();
    segments.close();
    faults.close();
    broken.close();
  }
  if (keys.length > own.length) {
    throw fail("INTERNAL", { reason: `${file.path} has keys now that it had not: it changed meanwhile` });
  }
  const dialect = { delimiter: 0x2c, quote: 0x22 };
  const from = { path, skip: 0, lineEnd: true, parallel: !rows.multiline };
  const relation = readCsv({ ...layout, dialect }, order, from);
  return { path: file.path, bytes: file.bytes, sha256: hexOf(hash), records, faulty, relation };
}
