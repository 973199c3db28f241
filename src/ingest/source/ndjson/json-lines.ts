import { isUtf8 } from "node:buffer";
import type { RejectCode } from "../../../errors.ts";
import { maxRecordBytes } from "../csv/records.ts";
import { isBlank, JsonLine, maxKeys } from "./json-line.ts";

/** A column of NDJSON. */
export interface Key {
  readonly name: string;
  /** The key as JSON without its quotes. Most lines have the same bytes at the same position. */
  readonly raw: Buffer;
}

export const keyOf = (name: string): Key => ({ name, raw: Buffer.from(JSON.stringify(name).slice(1, -1)) });

export interface JsonHandler {
  /** Called with each sound line. `members` holds, for each column, the index of its member in the line, or -1. */
  record(buffer: Buffer, line: JsonLine, members: Int32Array): void;
  fault(code: RejectCode, bytes: Buffer, message?: string): void;
  /** Called between two chunks of the stream, to write what was collected. */
  pause?(): Promise<void>;
}

const LF = 0x0a;

/** If there are more columns, the keys are most likely data. */
export const maxNames = 1000;

/**
 * Reads the lines of a stream of UTF-8 bytes and adds new keys to `keys`. Keys that differ only in case are the same.
 * Blank lines are not records. A line that is not one valid object, or has a key twice, is a fault.
 */
export async function readJsonLines(
  bytes: AsyncIterable<Buffer>,
  keys: Key[],
  handler: JsonHandler,
): Promise<void> {
  const reader = new Reader(keys, handler);
  let rest: Buffer = Buffer.alloc(0);
  let skipping = false;
  for await (const chunk of bytes) {
    let buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (skipping) {
      const end = buffer.indexOf(LF);
      if (end === -1) continue;
      buffer = buffer.subarray(end + 1);
      skipping = false;
    }
    const whole = buffer.lastIndexOf(LF) + 1;
    reader.lines(buffer.subarray(0, whole));
    rest = buffer.subarray(whole);
    if (rest.length > maxRecordBytes) {
      reader.lines(rest);
      rest = Buffer.alloc(0);
      skipping = true;
    }
    await handler.pause?.();
  }
  if (!skipping) reader.lines(rest);
  await handler.pause?.();
}

class Reader {
  readonly #keys: Key[];
  readonly #handler: JsonHandler;
  readonly #line = new JsonLine();
  readonly #byName = new Map<string, number>();
  /** The column of each member of the previous line. */
  readonly #guesses = new Int32Array(maxKeys).fill(-1);
  #members: Int32Array;

  constructor(keys: Key[], handler: JsonHandler) {
    this.#keys = keys;
    this.#handler = handler;
    this.#members = new Int32Array(keys.length);
    for (const [index, { name }] of keys.entries()) this.#byName.set(name.toLowerCase(), index);
  }

  lines(buffer: Buffer): void {
    // All lines are checked at once. Each line is checked by itself only if that finds something.
    const clean = !buffer.includes(0) && isUtf8(buffer);
    for (let start = 0; start < buffer.length; ) {
      const found = buffer.indexOf(LF, start);
      const end = found === -1 ? buffer.length : found;
      let first = start;
      while (first < end && isBlank(buffer[first] as number)) first++;
      if (first < end) this.#record(buffer, first, end, clean);
      start = end + 1;
    }
  }

  #record(buffer: Buffer, start: number, end: number, clean: boolean): void {
    const code =
      (clean ? undefined : faultOfText(buffer.subarray(start, end))) ?? this.#faultOfJson(buffer, start, end);
    if (code !== undefined) {
      this.#handler.fault(code, buffer.subarray(start, end));
      return;
    }
    const repeated = this.#assign(buffer);
    if (repeated === undefined) {
      this.#handler.record(buffer, this.#line, this.#members);
      return;
    }
    const message = `the object has the key ${repeated} twice`;
    this.#handler.fault("JSON_INVALID", buffer.subarray(start, end), message);
  }

  #faultOfJson(buffer: Buffer, start: number, end: number): RejectCode | undefined {
    return end - start > maxRecordBytes ? "RECORD_TOO_LONG" : this.#line.read(buffer, start, end);
  }

  /** Finds the column of each member. Returns a key that the object has twice, if there is one. */
  #assign(buffer: Buffer): string | undefined {
    this.#members.fill(-1);
    let added: string[] | undefined;
    for (let member = 0; member < this.#line.count; member++) {
      const column = this.#columnOf(buffer, member);
      if (typeof column === "string") {
        added ??= [];
        added.push(column);
        continue;
      }
      if (this.#members[column] !== -1) return this.#keys[column]?.name;
      this.#members[column] = member;
    }
    if (added === undefined) return undefined;
    const lower = added.map((name) => name.toLowerCase());
    const repeated = lower.findIndex((name, index) => lower.indexOf(name) !== index);
    if (repeated !== -1) return added[repeated];
    for (const name of added) {
      this.#byName.set(name.toLowerCase(), this.#keys.length);
      this.#keys.push(keyOf(name));
    }
    this.#members = new Int32Array(this.#keys.length);
    return this.#assign(buffer);
  }

  /** The member's column, or its name if that is new. */
  #columnOf(buffer: Buffer, member: number): number | string {
    const [start, end] = [this.#line.keyStart[member] as number, this.#line.keyEnd[member] as number];
    const guess = this.#guesses[member] as number;
    if (guess !== -1 && isAt(this.#keys[guess]?.raw as Buffer, buffer, start, end)) return guess;
    const name = (JSON.parse(buffer.toString("utf8", start - 1, end + 1)) as string).trim();
    const column = this.#byName.get(name.toLowerCase());
    if (column === undefined) return name;
    this.#guesses[member] = column;
    return column;
  }
}

function isAt(raw: Buffer, buffer: Buffer, start: number, end: number): boolean {
  if (raw.length !== end - start) return false;
  for (let index = 0; index < raw.length; index++) if (raw[index] !== buffer[start + index]) return false;
  return true;
}

function faultOfText(bytes: Buffer): RejectCode | undefined {
  if (bytes.includes(0)) return "NUL_BYTE";
  return isUtf8(bytes) ? undefined : "INVALID_UTF8";
}
