import { isUtf8 } from "node:buffer";
import type { RejectCode } from "../../../errors.ts";
import { countLines } from "./count-lines.ts";
import type { Dialect } from "./dialect.ts";

/*
 * Finds the records of CSV bytes: where each starts and ends, how many fields it has, and whether its structure is sound.
 * It does not read values: DuckDB does. The number of records found here is the number that DuckDB must read, because
 * DuckDB's reader silently accepts some faults (a wrong line end gives no rows, a closing quote may be followed by blanks,
 * an extra empty field is dropped).
 */

/** The position of a record in a buffer, without its line end. */
export interface RecordPlace {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  readonly fields: number;
  /** Whether a quote is anywhere in it. */
  readonly quoted: boolean;
}

export interface RecordHandler {
  /** Called with each record of sound structure, whatever its number of fields. Return false to stop. */
  record(place: RecordPlace): boolean | undefined;
  /** Called with each faulty record, or with its first line only if the fault is a quote. Reading continues after it. */
  fault(code: RejectCode, line: Buffer): void;
  /**
   * If set, lines that have `fields` fields each on average may be counted at once. `counted` is then called with their number,
   * and `record` is not called for them.
   */
  readonly lines?: { readonly fields: number; counted(lines: number): void };
  /** Called between two chunks of the stream, to write what was collected. */
  pause?(): Promise<void>;
}

/** Properties of the bytes that decide whether DuckDB can read them as they are. */
export interface Irregularities {
  /** Line ends outside quotes. A regular file has one kind. */
  readonly lineEnds: ReadonlySet<"LF" | "CRLF" | "CR">;
  /** A quote inside a field that does not start with one. */
  readonly strayQuote: boolean;
  /** An empty line before the first record. */
  readonly blankStart: boolean;
  /** A record has more than one line. */
  readonly multiline: boolean;
  /** The first record, the header, has more than one line. */
  readonly multilineHeader: boolean;
}

/** A longer record is a fault: most likely, a quote was never closed. */
export const maxRecordBytes = 1024 * 1024;

const [LF, CR, NUL] = [0x0a, 0x0d, 0x00];

/**
 * Reads all records of a stream of UTF-8 bytes. Empty lines are not records. A line ends with LF, CRLF or CR.
 * A field that starts with a quote ends at the next quote that is not doubled, and may hold delimiters and line ends.
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
  /** Inside a line that is too long to buffer: the rest of it is skipped. */
  #skipping = false;
  // What #readRecord found. Fields of the class, so that it does not create an object per record.
  #end = 0;
  #fields = 0;
  #quoted = false;
  #fault: RejectCode | undefined;

  constructor(dialect: Dialect, handler: RecordHandler) {
    this.#dialect = dialect;
    this.#handler = handler;
  }

  /** Handles every complete record of the buffer and returns the position of the first incomplete one. */
  consume(buffer: Buffer, final: boolean): number {
    let position = 0;
    // All whole lines are checked at once. Each record is checked by itself only if that finds something.
    const sound = 1 + Math.max(buffer.lastIndexOf(LF), buffer.lastIndexOf(CR));
    const clean = isText(buffer.subarray(0, sound));
    if (clean && !this.#skipping) position = this.#countLines(buffer);
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
        // After a faulty quote the end of the record is unknown. Only its first line is rejected.
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

  /** Counts whole lines at once if possible, and returns the position after them. */
  #countLines(buffer: Buffer): number {
    const { lines } = this.#handler;
    const end = 1 + buffer.lastIndexOf(LF);
    if (lines === undefined || end === 0) return 0;
    const counted = countLines(buffer.subarray(0, end), this.#dialect, lines.fields, maxRecordBytes);
    if (counted === undefined) return 0;
    this.lineEnds.add(counted.lineEnd);
    this.#records += counted.lines;
    lines.counted(counted.lines);
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

  /** Reads the record at `start`. False if the buffer ends before the record does and more may come. */
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
        // Whether a quote at the very end closes the field depends on the next byte.
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
        // Whether a CR is a line end of its own depends on the next byte.
        if (buffer[at] === CR && at + 1 === buffer.length && !final) return false;
        this.#end = at;
        return true;
      }
      this.#fields++;
      at++;
    }
  }

  /** The position after the line end at `end`. Adds it to the line ends of the file. */
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

/** The position of the first LF or CR at or after `from`, or -1. */
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

/** The fields of a sound record as text, without quoting. For headers and faults; rows are read by DuckDB. */
export function fieldsOf({ buffer, start, end }: RecordPlace, { delimiter, quote }: Dialect): string[] {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    let stop: number;
    if (at < end && buffer[at] === quote) {
      const close = closingQuote(buffer, at + 1, end, quote as number);
      const character = String.fromCharCode(quote as number);
      fields.push(buffer.toString("utf8", at + 1, close).replaceAll(character + character, character));
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

/** The fields of a faulty record before its first faulty field. */
export function soundFieldsOf(line: Buffer, dialect: Dialect): string[] {
  const { delimiter, quote } = dialect;
  const fields: string[] = [];
  for (let at = 0; at <= line.length; ) {
    let stop: number;
    if (line[at] === quote && at < line.length) {
      const close = closingQuote(line, at + 1, line.length, quote as number);
      stop = close + 1;
      if (close === -1 || (stop < line.length && line[stop] !== delimiter)) return fields;
    } else {
      const next = line.indexOf(delimiter, at);
      stop = next === -1 ? line.length : next;
    }
    if (!isText(line.subarray(at, stop))) return fields;
    fields.push(...fieldsOf({ buffer: line, start: at, end: stop, fields: 1, quoted: false }, dialect));
    at = stop + 1;
  }
  return fields;
}
