import type { RejectCode } from "../../../errors.ts";

/*
 * One JSON object on one line, as positions of its keys and values. DuckDB's own reader converts numbers to binary and
 * returns 1.50 as 1.5. As strict as RFC 8259.
 */

const [QUOTE, BACKSLASH, COMMA, COLON, MINUS, ZERO] = [0x22, 0x5c, 0x2c, 0x3a, 0x2d, 0x30];
const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

/** A line with more keys is a fault: most likely, its keys are data. */
export const maxKeys = 1000;

/** The kinds of value: PLAIN bytes are the text as it is, and a STRING has no escapes. */
export const [NULL, PLAIN, STRING, ESCAPED] = [0, 1, 2, 3];

/** The members of the line that was read last, as positions in the buffer. Strings are without their quotes. */
export class JsonLine {
  count = 0;
  readonly keyStart = new Int32Array(maxKeys);
  readonly keyEnd = new Int32Array(maxKeys);
  readonly valueStart = new Int32Array(maxKeys);
  readonly valueEnd = new Int32Array(maxKeys);
  readonly kind = new Uint8Array(maxKeys);
  #buffer: Buffer = Buffer.alloc(0);
  #end = 0;
  #escaped = false;
  #fault: RejectCode | undefined;

  /** Reads a line. Returns its fault, if it has one. */
  read(buffer: Buffer, start: number, end: number): RejectCode | undefined {
    this.#buffer = buffer;
    this.#end = end;
    this.#fault = undefined;
    this.count = 0;
    const after = this.#object(this.#blank(start));
    if (after === -1 || this.#blank(after) !== end) return this.#fault ?? "JSON_INVALID";
    return undefined;
  }

  /** The position after the object at `start`, or -1. */
  #object(start: number): number {
    const buffer = this.#buffer;
    if (buffer[start] !== OPEN || start >= this.#end) return -1;
    let at = this.#blank(start + 1);
    if (buffer[at] === CLOSE && at < this.#end) return at + 1;
    for (;;) {
      if (this.count === maxKeys) return -1;
      const key = at + 1;
      at = this.#string(at);
      if (at === -1) return -1;
      this.keyStart[this.count] = key;
      this.keyEnd[this.count] = at - 1;
      at = this.#blank(at);
      if (buffer[at] !== COLON) return -1;
      at = this.#value(this.#blank(at + 1));
      if (at === -1) return -1;
      this.count++;
      at = this.#blank(at);
      if (at >= this.#end) return -1;
      if (buffer[at] === CLOSE) return at + 1;
      if (buffer[at] !== COMMA) return -1;
      at = this.#blank(at + 1);
    }
  }

  #value(start: number): number {
    const first = this.#buffer[start] as number;
    if (first === QUOTE) {
      const after = this.#string(start);
      return this.#keep(this.#escaped ? ESCAPED : STRING, start + 1, after, after - 1);
    }
    if (first === MINUS || isDigit(first)) return this.#keep(PLAIN, start, this.#number(start));
    if (first === OPEN || first === OPEN_LIST) return this.#keep(PLAIN, start, this.#nested(start));
    for (const [word, kind] of words) {
      const end = start + word.length;
      if (end <= this.#end && this.#buffer.toString("latin1", start, end) === word) {
        return this.#keep(kind, start, end);
      }
    }
    return -1;
  }

  #keep(kind: number, start: number, after: number, end = after): number {
    this.kind[this.count] = kind;
    this.valueStart[this.count] = start;
    this.valueEnd[this.count] = end;
    return after;
  }

  /** The position after the string at `start`, or -1. */
  #string(start: number): number {
    const [buffer, end] = [this.#buffer, this.#end];
    this.#escaped = false;
    if (buffer[start] !== QUOTE || start >= end) return -1;
    for (let at = start + 1; at < end; at++) {
      const byte = buffer[at] as number;
      if (byte === QUOTE) return this.#escaped && !this.#decodable(start, at + 1) ? -1 : at + 1;
      if (byte < 0x20) return -1;
      if (byte === BACKSLASH) {
        this.#escaped = true;
        at++;
      }
    }
    return -1;
  }

  #decodable(start: number, end: number): boolean {
    try {
      const text: unknown = JSON.parse(this.#buffer.toString("utf8", start, end));
      if (typeof text !== "string") return true;
      if (text.includes("\0")) this.#fault = "NUL_BYTE";
      // Half of a surrogate pair is not a character.
      return this.#fault === undefined && !/\p{Surrogate}/u.test(text);
    } catch {
      return false;
    }
  }

  #number(start: number): number {
    const [buffer, end] = [this.#buffer, this.#end];
    const digits = (from: number) => {
      let at = from;
      while (at < end && isDigit(buffer[at] as number)) at++;
      return at;
    };
    const first = buffer[start] === MINUS ? start + 1 : start;
    let at = digits(first);
    if (at === first || (buffer[first] === ZERO && at > first + 1)) return -1;
    if (at < end && buffer[at] === 0x2e) {
      const fraction = at + 1;
      at = digits(fraction);
      if (at === fraction) return -1;
    }
    if (at < end && (buffer[at] === 0x65 || buffer[at] === 0x45)) {
      const signed = buffer[at + 1] === MINUS || buffer[at + 1] === 0x2b;
      const exponent = at + (signed ? 2 : 1);
      at = digits(exponent);
      if (at === exponent) return -1;
    }
    return at;
  }

  /** The position after an object or a list inside the object, or -1. It is one value: its JSON as it is written. */
  #nested(start: number): number {
    let depth = 0;
    for (let at = start; at < this.#end; at++) {
      const byte = this.#buffer[at] as number;
      if (byte === QUOTE) {
        at = this.#string(at) - 1;
        if (at < 0) return -1;
      } else if (byte === OPEN || byte === OPEN_LIST) depth++;
      else if ((byte === CLOSE || byte === CLOSE_LIST) && --depth === 0) {
        return this.#decodable(start, at + 1) ? at + 1 : -1;
      }
    }
    return -1;
  }

  #blank(start: number): number {
    let at = start;
    while (at < this.#end && isBlank(this.#buffer[at] as number)) at++;
    return at;
  }
}

const words = [
  ["null", NULL],
  ["true", PLAIN],
  ["false", PLAIN],
] as const;

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

export const isBlank = (byte: number) => byte === 0x20 || byte === 0x09 || byte === 0x0d;
