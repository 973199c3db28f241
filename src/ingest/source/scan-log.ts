import type { Engine } from "../../duckdb/engine.ts";
import type { RejectCode } from "../../errors.ts";
import { tables } from "../engine-tables.ts";
import { defaultMessage } from "../reject-messages.ts";
import type { Layout } from "./layout.ts";
import type { ScanContext } from "./scanned-file.ts";

/** A record that is not loaded because of its structure. */
export interface StructuralFault {
  /** 1 = the first record after the header. */
  readonly record: number;
  readonly code: RejectCode;
  /** Default: the meaning of the code. */
  readonly message?: string | undefined;
  /** The record as it is in the file. */
  readonly line: Buffer;
  /** The values of the file's first columns, as far as they can be read. */
  readonly fields: readonly string[];
}

/** What the scan of a file records besides its rows. */
export interface ScanLog {
  /** Starts a run of sound records: how many sound records are before it, and the number of its first record. */
  segment(soundBefore: number, record: number): void;
  fault(fault: StructuralFault): void;
}

/** Runs the scan of a file with a log that fills `source_segment`, `reject_reason` and `malformed_record`. */
export async function withScanLog<T>(
  engine: Engine,
  { fileColumns }: Layout,
  { index, columns }: ScanContext,
  scan: (log: ScanLog) => Promise<T>,
): Promise<T> {
  const positions = columns.map((name) => fileColumns.findIndex((own) => own.toLowerCase() === name));
  const segments = await engine.appender(tables.sourceSegment);
  const faults = await engine.appender(tables.rejectReason);
  const malformed = await engine.appender(tables.malformedRecord);
  try {
    return await scan({
      segment: (soundBefore, record) => segments.append(index, soundBefore, record),
      fault: ({ record, code, message = defaultMessage(code), line, fields }) => {
        faults.append(null, index, record, 0, "", code, excerpt(line, messageCharacters), message);
        const values = positions.map((position) => fields[position] ?? null);
        malformed.append(index, record, excerpt(line, lineCharacters), ...values);
      },
    });
  } finally {
    segments.close();
    faults.close();
    malformed.close();
  }
}

/** Records that all records of a file are sound. */
export async function recordWholeFile(engine: Engine, { index }: ScanContext): Promise<void> {
  const segments = await engine.appender(tables.sourceSegment);
  segments.append(index, 0, 1);
  segments.close();
}

/** Of a record in a message, and in the column `_line` of a rejects file, whose records must not get too long. */
const [messageCharacters, lineCharacters] = [200, 100_000];

/** Bytes as text for people, cut after so many characters. */
function excerpt(bytes: Buffer, characters: number): string {
  const text = bytes.toString("utf8", 0, characters * 4).replaceAll("\0", "␀");
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}
