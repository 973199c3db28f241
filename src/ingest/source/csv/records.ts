import { isUtf8 } from "node:buffer";
import type { RejectCode } from "../../../errors.ts";
import { countLines } from "./count-lines.ts";

/*
 * Finds the records of CSV bytes: where each starts and ends, how many fields it has, whether its structure is sound.
 * It looks at bytes and makes no rows: DuckDB reads the values. What it counts is what DuckDB must have read, because
 * DuckDB's reader passes over some faults in silence (a wrong line end gives no rows, a closing quote may be followed
 * by blanks, an extra empty field is dropped).
 */

/** How the fields of a file are written: character codes, `quote` undefined where there is no quoting. */
export interface Dialect {
  readonly delimiter: number;
  readonly quote: number | undefined;
}

/** Where a record stands in the buffer, its line end not included. */
export interface RecordPlace {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  readonly fields: number;
  /** A quote stands somewhere in it. */
  readonly quoted: boolean;
}

export interface RecordHandler {
  /** A record of sound structure; its number of fields is not judged here. Return false to stop. */
  record(place: RecordPlace): boolean | undefined;
  /** A faulty record, or only its first line where the fault is a quote: reading goes on behind it. */
  fault(code: RejectCode, line: Buffer): void;
  /** Takes lines all at once that in sum have this many fields each; without it each record is handed over. */
  readonly whole?: { readonly fields: number; take(lines: number): void };
  /** Between two chunks of the stream: time to write what was collected. */
  pause?(): Promise<void>;
}

/** What would keep DuckDB from reading the bytes as they are, found on the way. */
export interface Irregularities {
  /** Line ends outside quotes: one kind alone is regular. */
  readonly lineEnds: ReadonlySet<"LF" | "CRLF" | "CR">;
  /** A quote inside a field that does not start with one. */
  readonly strayQuote: boolean;
  /** An empty line before the first record. */
  readonly blankStart: boolean;
  /** A record stands on more than one line. */
  readonly multiline: boolean;
  /** The first one does, the header. */
  readonly multilineHeader: boolean;
}

/** A longer record is a fault: most likely a quote that was never closed. */
export const maxRecordBytes = 1024 * 1024;

const [LF, CR, NUL] = [0x0a, 0x0d, 0x00];

/**
 * Goes through all records of a stream of UTF-8 bytes. Empty lines are no records. A line ends with LF, CRLF or CR.
 * A field that starts with the quote ends with the next quote that is not doubled, and may hold delimiters and line ends.
 */
export async function readRecords(
  bytes: AsyncIterable<Buffer>,
  dialect: Dialect,
  handler: RecordHandler,
): Promise<Irregularities> {
  const scan = new Scan(dialect, handler);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = buffer.subarray(scan.consume(buffer, false));
    if (scan.stopped) return scan;
    await handler.pause?.();
  }
  scan.consume(rest, true);
  await handler.pause?.();
  return scan;
}

class Scan implements Irregularities {
  readonly lineEnds = new Set<"LF" | "CRLF" | "CR">();
  strayQuote = false;
  blankStart = false;
  multiline = false;
  multilineHeader = false;
  stopped = false;

  readonly #dialect: Dialect;
  readonly #handler: RecordHandler;
  #records = 0;
  /** Inside a line that is too long to be held: its rest is passed over. */
  #skipping = false;
  // What #readRecord found, kept here so that it makes no object a record.
  #end = 0;
  #fields = 0;
  #quoted = false;
  #fault: RejectCode | undefined;

  constructor(dialect: Dialect, handler: RecordHandler) {
    this.#dialect = dialect;
    this.#handler = handler;
  }

  /** Handles every complete record of the buffer and returns where the first incomplete one starts. */
  consume(buffer: Buffer, final: boolean): number {
    let position = 0;
    // One look at all whole lines; only where it finds something is each record looked at by itself.
    const sound = 1 + Math.max(buffer.lastIndexOf(LF), buffer.lastIndexOf(CR));
    const clean = isText(buffer.subarray(0, sound));
    if (clean && !this.#skipping) position = this.#takeLines(buffer);
    while (position < buffer.length && !this.stopped) {
      if (this.#skipping) {
        const end = lineEnd(buffer, position);
        if (end === -1) return buffer.length;
        if (end + 1 === buffer.length && !final) return position;
        this.#skipping = false;
        position = this.#afterLine(buffer, end);
        continue;
      }
      const first = buffer[position];
      if (first === LF || first === CR) {
        if (first === CR && position + 1 === buffer.length && !final) return position;
        if (this.#records === 0) this.blankStart = true;
        position = this.#afterLine(buffer, position);
        continue;
      }
      if (!this.#readRecord(buffer, position, final)) return position;
      if (this.#fault !== undefined) {
        // Where a quote is at fault, the record's end is unknown: only its first line is given up.
        const end = lineEnd(buffer, position);
        const cut = end === -1 ? buffer.length - position < maxRecordBytes : end + 1 === buffer.length;
        if (cut && !final) return position;
        this.#skipping = end === -1 && !final;
        this.#end = end === -1 ? buffer.length : end;
        this.#handler.fault(this.#fault, buffer.subarray(position, this.#end));
      } else {
        const checked = clean && this.#end <= sound;
        const fault = checked ? undefined : faultOfText(buffer.subarray(position, this.#end));
        if (fault === undefined) this.#handOver(buffer, position);
        else this.#handler.fault(fault, buffer.subarray(position, this.#end));
      }
      this.#records++;
      position = this.#afterLine(buffer, this.#end);
    }
    return position;
  }

  /** The position behind the lines that could be taken at once. */
  #takeLines(buffer: Buffer): number {
    const { whole } = this.#handler;
    const end = 1 + buffer.lastIndexOf(LF);
    if (whole === undefined || end === 0) return 0;
    const counted = countLines(buffer.subarray(0, end), this.#dialect, whole.fields, maxRecordBytes);
    if (counted === undefined) return 0;
    this.lineEnds.add(counted.lineEnd);
    this.#records += counted.lines;
    whole.take(counted.lines);
    return end;
  }

  #handOver(buffer: Buffer, start: number): void {
    const place = { buffer, start, end: this.#end, fields: this.#fields, quoted: this.#quoted };
    this.stopped = this.#handler.record(place) === false;
    if (!this.#quoted || (this.multiline && this.#records > 0)) return;
    const first = lineEnd(buffer, start);
    if (first === -1 || first === this.#end) return;
    this.multiline = true;
    this.multilineHeader ||= this.#records === 0;
  }

  /** Reads the record at `start`; false when the buffer ends before the record does and more may come. */
  #readRecord(buffer: Buffer, start: number, final: boolean): boolean {
    const { delimiter, quote } = this.#dialect;
    const limit = Math.min(buffer.length, start + maxRecordBytes);
    const whole = final || limit < buffer.length;
    let at = start;
    this.#fields = 1;
    this.#quoted = false;
    this.#fault = undefined;
    for (;;) {
      if (at < limit && buffer[at] === quote) {
        this.#quoted = true;
        const close = closingQuote(buffer, at + 1, limit, quote as number);
        // Whether a quote at the very end closes the field is only known with the byte behind it.
        if (!whole && (close === -1 || close + 1 === limit)) return false;
        if (close === -1) {
          this.#fault = "UNCLOSED_QUOTE";
          return true;
        }
        at = close + 1;
        const next = buffer[at];
        if (at < limit && next !== delimiter && next !== LF && next !== CR) {
          this.#fault = "MALFORMED_QUOTE";
          return true;
        }
      } else {
        for (; at < limit; at++) {
          const byte = buffer[at];
          if (byte === delimiter || byte === LF || byte === CR) break;
          if (byte === quote) {
            this.strayQuote = true;
            this.#quoted = true;
          }
        }
      }
      if (at >= limit) {
        if (!whole) return false;
        this.#end = at;
        if (limit < buffer.length) this.#fault = "RECORD_TOO_LONG";
        return true;
      }
      if (buffer[at] !== delimiter) {
        // Whether a CR stands alone is only known with the byte behind it.
        if (buffer[at] === CR && at + 1 === buffer.length && !final) return false;
        this.#end = at;
        return true;
      }
      this.#fields++;
      at++;
    }
  }

  /** The position behind the line end at `end`, which is remembered. */
  #afterLine(buffer: Buffer, end: number): number {
    if (end >= buffer.length) return end;
    if (buffer[end] === LF) {
      this.lineEnds.add("LF");
      return end + 1;
    }
    if (buffer[end + 1] === LF) {
      this.lineEnds.add("CRLF");
      return end + 2;
    }
    this.lineEnds.add("CR");
    return end + 1;
  }
}

/** The position of the quote that closes a field whose text starts at `from`, or -1. */
function closingQuote(buffer: Buffer, from: number, limit: number, quote: number): number {
  for (let at = from; ; at += 2) {
    at = buffer.indexOf(quote, at);
    if (at === -1 || at >= limit) return -1;
    if (buffer[at + 1] !== quote) return at;
  }
}

/** The position of the first LF or CR at or behind `from`, or -1. */
function lineEnd(buffer: Buffer, from: number): number {
  for (let at = from; at < buffer.length; at++) {
    if (buffer[at] === LF || buffer[at] === CR) return at;
  }
  return -1;
}

function isText(bytes: Buffer): boolean {
  return !bytes.includes(NUL) && isUtf8(bytes);
}

function faultOfText(bytes: Buffer): RejectCode | undefined {
  if (bytes.includes(NUL)) return "NUL_BYTE";
  return isUtf8(bytes) ? undefined : "INVALID_UTF8";
}

/** The fields of a sound record as text, quotes resolved. For headers and faults; rows are read by DuckDB. */
export function fieldsOf({ buffer, start, end }: RecordPlace, { delimiter, quote }: Dialect): string[] {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    let stop: number;
    if (at < end && buffer[at] === quote) {
      const close = closingQuote(buffer, at + 1, end, quote as number);
      const mark = String.fromCharCode(quote as number);
      fields.push(buffer.toString("utf8", at + 1, close).replaceAll(mark + mark, mark));
      stop = close + 1;
    } else {
      stop = buffer.indexOf(delimiter, at);
      if (stop === -1 || stop > end) stop = end;
      fields.push(buffer.toString("utf8", at, stop));
    }
    if (stop >= end) return fields;
    at = stop + 1;
  }
}

/** The fields of a faulty record before the first that is not sound, and whether these are all of it. */
export function soundFieldsOf(
  line: Buffer,
  { delimiter, quote }: Dialect,
): { fields: string[]; whole: boolean } {
  const fields: string[] = [];
  for (let at = 0; at <= line.length; ) {
    let stop: number;
    if (line[at] === quote && at < line.length) {
      const close = closingQuote(line, at + 1, line.length, quote as number);
      stop = close + 1;
      if (close === -1 || (stop < line.length && line[stop] !== delimiter)) return { fields, whole: false };
    } else {
      const next = line.indexOf(delimiter, at);
      stop = next === -1 ? line.length : next;
    }
    if (!isText(line.subarray(at, stop))) return { fields, whole: false };
    fields.push(
      ...fieldsOf({ buffer: line, start: at, end: stop, fields: 1, quoted: false }, { delimiter, quote }),
    );
    at = stop + 1;
  }
  return { fields, whole: true };
}
