import type { FileHandle } from "node:fs/promises";
import type { RejectCode } from "../../../errors.ts";
import { defaultMessage } from "../../reject-messages.ts";
import { type Dialect, fieldsOf, type RecordHandler, type RecordPlace, soundFieldsOf } from "./records.ts";

/** A record that is not loaded because of its structure. */
export interface StructuralFault {
  /** 1 = the first record behind the header. */
  readonly record: number;
  readonly code: RejectCode;
  /** The record as it stands in the file, shortened. */
  readonly value: string;
  readonly message: string;
  /** Its fields as far as they can be told. */
  readonly fields: readonly string[];
  /** The record as it stands in the file. */
  readonly line: string;
}

/**
 * A handler that writes the sound records of a file so that DuckDB cannot read them in any other way: one line end, every
 * field quoted in records that have quotes. Faulty ones are told to `fault`; `restart` hears where the numbering of the
 * records written goes on after a gap.
 *
 * @param expected.unmended the position of a rejects file's column `_line`, or -1: as long as it is filled, the record is
 * what it was when it was rejected
 */
export function normalizer(
  file: FileHandle,
  dialect: Dialect,
  expected: { fields: number; hasHeader: boolean; unmended: number },
  told: { fault(fault: StructuralFault): void; restart(rowsBefore: number, record: number): void },
): RecordHandler {
  let record = expected.hasHeader ? -1 : 0;
  let rows = 0;
  let gap = true;
  let lines: Buffer[] = [];
  const reject = (code: RejectCode, bytes: Buffer, message = defaultMessage(code)) => {
    gap = true;
    const { fields } = soundFieldsOf(bytes, dialect);
    const line = (code === "NOT_FIXED" && fields[expected.unmended]) || shown(bytes, shownOfLine);
    told.fault({ record, code, value: shown(Buffer.from(line), shownInMessage), message, fields, line });
  };
  return {
    record: (place) => {
      record++;
      if (record === 0) return;
      if (place.fields !== expected.fields) {
        const code = place.fields < expected.fields ? "TOO_FEW_FIELDS" : "TOO_MANY_FIELDS";
        const message = `${place.fields} fields, and the header has ${expected.fields}`;
        reject(code, place.buffer.subarray(place.start, place.end), message);
        return;
      }
      if (expected.unmended !== -1 && fieldsOf(place, dialect)[expected.unmended] !== "") {
        reject("NOT_FIXED", place.buffer.subarray(place.start, place.end));
        return;
      }
      if (gap) told.restart(rows, record);
      gap = false;
      rows++;
      lines.push(normalized(place, dialect), newline);
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
  };
}

const newline = Buffer.from("\n");
const doubleQuote = 0x22;

function normalized(place: RecordPlace, dialect: Dialect): Buffer {
  const bytes = place.buffer.subarray(place.start, place.end);
  // A lone column is always quoted: its line would else be empty where its field is.
  if (!place.quoted && place.fields > 1 && !bytes.includes(doubleQuote)) return bytes;
  const delimiter = String.fromCharCode(dialect.delimiter);
  const quoted = fieldsOf(place, dialect).map((field) => `"${field.replaceAll('"', '""')}"`);
  return Buffer.from(quoted.join(delimiter), "utf8");
}

/** A rejects file must not get records that are too long. */
export const [shownInMessage, shownOfLine] = [200, 100_000];

/** Bytes as text for people, shortened. */
export function shown(bytes: Buffer, characters = shownInMessage): string {
  const text = bytes.toString("utf8", 0, characters * 4).replaceAll("\0", "␀");
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}
