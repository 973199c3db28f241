import { ESCAPED, type JsonLine, NULL, PLAIN } from "./json-line.ts";

const [QUOTE, COMMA, LF] = [0x22, 0x2c, 0x0a];

/** CSV rows made from lines of JSON. Text is copied from one buffer to the other and does not become strings. */
export class JsonRows {
  /** Whether a field holds a line end. */
  multiline = false;
  readonly #columns: number;
  #out: Buffer = Buffer.allocUnsafe(4 * 1024 * 1024);
  #at = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** Adds a row. `members` holds, for each column, the index of its member in the line, or -1. */
  add(buffer: Buffer, line: JsonLine, members: Int32Array): void {
    const bytes =
      line.count === 0 ? 0 : (line.valueEnd[line.count - 1] as number) - (line.keyStart[0] as number);
    this.#reserve(2 * bytes + 3 * this.#columns + 3);
    for (let column = 0; column < this.#columns; column++) {
      if (column > 0) this.#out[this.#at++] = COMMA;
      const member = members[column] as number;
      if (member !== -1 && line.kind[member] !== NULL) this.#field(buffer, line, member);
      // The only column is always quoted. Otherwise an empty field would be an empty line.
      else if (this.#columns === 1) this.#at += this.#out.write('""', this.#at, "latin1");
    }
    this.#out[this.#at++] = LF;
  }

  /** Takes the rows that were added since the last call. */
  take(): Buffer {
    const rows = this.#out.subarray(0, this.#at);
    this.#out = Buffer.allocUnsafe(this.#out.length);
    this.#at = 0;
    return rows;
  }

  #field(buffer: Buffer, line: JsonLine, member: number): void {
    const [start, end] = [line.valueStart[member] as number, line.valueEnd[member] as number];
    const escaped = line.kind[member] === ESCAPED;
    if (escaped) {
      const text = Buffer.from(JSON.parse(buffer.toString("utf8", start - 1, end + 1)) as string);
      this.multiline ||= text.includes(LF) || text.includes(0x0d);
      this.#quoted(text, 0, text.length);
    } else if (line.kind[member] === PLAIN && buffer[start] !== 0x7b && buffer[start] !== 0x5b) {
      for (let at = start; at < end; at++) this.#out[this.#at++] = buffer[at] as number;
    } else this.#quoted(buffer, start, end);
  }

  #quoted(bytes: Buffer, start: number, end: number): void {
    const out = this.#out;
    let to = this.#at;
    out[to++] = QUOTE;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) out[to++] = QUOTE;
      out[to++] = byte;
    }
    out[to++] = QUOTE;
    this.#at = to;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#out.length) return;
    const larger = Buffer.allocUnsafe(2 * this.#out.length + bytes);
    this.#out.copy(larger, 0, 0, this.#at);
    this.#out = larger;
  }
}
