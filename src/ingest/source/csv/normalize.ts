import { open } from "node:fs/promises";
import type { RejectCode } from "../../../errors.ts";
import type { CsvLayout } from "../layout.ts";
import type { ScanLog } from "../scan-log.ts";
import { type Dialect, delimiterOf } from "./dialect.ts";
import { fieldsOf, type RecordPlace, readRecords, soundFieldsOf } from "./records.ts";

/**
 * Writes the sound records of a CSV file to a copy without header that DuckDB can read in one way only: lines end with LF,
 * and a record with quotes has all its fields quoted. Faulty records go to the log. A record of a rejects file is faulty as
 * long as its column `_line` has a value.
 *
 * @returns the number of faulty records
 */
export async function normalize(
  bytes: AsyncIterable<Buffer>,
  copy: string,
  { dialect, fileColumns, hasHeader }: CsvLayout,
  log: ScanLog,
): Promise<number> {
  const lineColumn = fileColumns.indexOf("_line");
  let record = hasHeader ? -1 : 0;
  let [sound, faulty, startsSegment] = [0, 0, true];
  let lines: Buffer[] = [];
  const reject = (code: RejectCode, recordBytes: Buffer, message?: string) => {
    faulty++;
    startsSegment = true;
    const fields = soundFieldsOf(recordBytes, dialect);
    const rejectedLine = code === "NOT_FIXED" ? fields[lineColumn] : undefined;
    const line = rejectedLine === undefined ? recordBytes : Buffer.from(rejectedLine);
    log.fault({ record, code, message, line, fields });
  };
  const file = await open(copy, "wx", 0o600);
  try {
    await readRecords(bytes, dialect, {
      record: (place) => {
        record++;
        if (record === 0) return undefined;
        if (place.fields !== fileColumns.length) {
          const code = place.fields < fileColumns.length ? "TOO_FEW_FIELDS" : "TOO_MANY_FIELDS";
          reject(code, bytesOf(place), `${place.fields} fields, and the header has ${fileColumns.length}`);
        } else if (lineColumn !== -1 && fieldsOf(place, dialect)[lineColumn] !== "") {
          reject("NOT_FIXED", bytesOf(place));
        } else {
          if (startsSegment) log.segment(sound, record);
          startsSegment = false;
          sound++;
          lines.push(normalized(place, dialect), newline);
        }
        return undefined;
      },
      fault: (code, line) => {
        record++;
        reject(code, line);
      },
      pause: async () => {
        const written = lines;
        lines = [];
        if (written.length > 0) await file.writeFile(Buffer.concat(written));
      },
    });
  } finally {
    await file.close();
  }
  return faulty;
}

const newline = Buffer.from("\n");
const doubleQuote = 0x22;

const bytesOf = ({ buffer, start, end }: RecordPlace) => buffer.subarray(start, end);

function normalized(place: RecordPlace, dialect: Dialect): Buffer {
  const bytes = bytesOf(place);
  // The only column of a file is always quoted. Otherwise an empty field would be an empty line.
  if (!place.quoted && place.fields > 1 && !bytes.includes(doubleQuote)) return bytes;
  const quoted = fieldsOf(place, dialect).map((field) => `"${field.replaceAll('"', '""')}"`);
  return Buffer.from(quoted.join(delimiterOf(dialect)), "utf8");
}
