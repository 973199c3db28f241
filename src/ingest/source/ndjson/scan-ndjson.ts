import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../../../duckdb/engine.ts";
import { fail } from "../../../errors.ts";
import { hexOf, sha256 } from "../../../system/digest.ts";
import type { LoadClock } from "../../phases.ts";
import { rfc4180 } from "../csv/dialect.ts";
import { readCsv } from "../csv/read-csv.ts";
import { utf8BytesOf } from "../decode.ts";
import type { NdjsonLayout } from "../layout.ts";
import { withScanLog } from "../scan-log.ts";
import type { ScanContext, ScannedFile } from "../scanned-file.ts";
import { keyOf, readJsonLines } from "./json-lines.ts";
import { JsonRows } from "./json-rows.ts";

/**
 * Writes the sound lines of an NDJSON file as CSV that DuckDB can read in one way only. The other lines are faults.
 *
 * @throws FILE_NOT_DECODABLE, FILE_NOT_DECOMPRESSED, INTERNAL if the file has changed, and errors of the file system
 */
export async function scanNdjson(
  engine: Engine,
  layout: NdjsonLayout,
  context: ScanContext,
  clock: LoadClock,
): Promise<ScannedFile> {
  const { file, encoding, fileColumns } = layout;
  const path = join(engine.folder, `clean-${context.index}.csv`);
  const hash = sha256();
  const keys = fileColumns.map(keyOf);
  const rows = new JsonRows(fileColumns.length);
  let [records, faulty, startsSegment] = [0, 0, true];
  const target = await open(path, "wx", 0o600);
  try {
    await withScanLog(engine, layout, context, async (log) => {
      const bytes = utf8BytesOf(file, encoding, (chunk) => hash.update(chunk));
      await readJsonLines(bytes, keys, {
        record: (buffer, line, members) => {
          if (startsSegment) log.segment(records - faulty, records + 1);
          startsSegment = false;
          records++;
          rows.add(buffer, line, members);
        },
        fault: (code, line, message) => {
          startsSegment = true;
          records++;
          faulty++;
          log.fault({ record: records, code, message, line, fields: [] });
        },
        pause: async () => {
          engine.signal?.throwIfAborted();
          await target.writeFile(rows.take());
          clock.progress(context.recordsBefore + records);
        },
      });
    });
  } finally {
    await target.close();
  }
  if (keys.length > fileColumns.length) {
    throw fail("INTERNAL", { reason: `${file.path} has new keys, so it has changed during the load` });
  }
  const csv = { path, skip: 0, endsWithLf: true, parallel: !rows.multiline };
  const relation = readCsv({ ...layout, dialect: rfc4180 }, context, csv);
  return { path: file.path, bytes: file.bytes, sha256: hexOf(hash), records, faulty, relation };
}
