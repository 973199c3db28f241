import type { Dialect } from "./dialect.ts";

/*
 * Counts many lines at once, for bytes without quotes: far cheaper than finding each record. The right number of
 * delimiters in total does not prove that each line has as many fields as the header. When DuckDB reads the bytes, it proves
 * that no line has fewer fields. Then no line has more.
 */

const [LF, CR] = [0x0a, 0x0d];

export interface Lines {
  /** Without empty lines, which are not records. */
  readonly lines: number;
  readonly lineEnd: "LF" | "CRLF";
}

/**
 * Counts the lines of bytes that end with a line end. Undefined if each record must be read by itself, because of quotes,
 * CR or mixed line ends, an empty first line, a line longer than `maxBytes`, or a total of fields that is not
 * `fields` times the number of lines.
 */
export function countLines(
  bytes: Buffer,
  { delimiter, quote }: Dialect,
  fields: number,
  maxBytes: number,
): Lines | undefined {
  if (bytes[0] === LF || bytes[0] === CR || (quote !== undefined && bytes.includes(quote))) return undefined;
  const counted = bytes.includes(CR)
    ? countCrlf(bytes)
    : { lines: bytes.includes("\n\n") ? countNonEmpty(bytes) : countByte(bytes, LF), lineEnd: "LF" as const };
  if (counted === undefined || hasLongLine(bytes, maxBytes)) return undefined;
  return countByte(bytes, delimiter) === counted.lines * (fields - 1) ? counted : undefined;
}

/** How often a byte occurs. Compares four bytes at a time and keeps four counts in one word. */
export function countByte(bytes: Buffer, byte: number): number {
  const head = Math.min(bytes.length, (4 - (bytes.byteOffset % 4)) % 4);
  const whole = (bytes.length - head) >> 2;
  const words = new Int32Array(bytes.buffer, whole === 0 ? 0 : bytes.byteOffset + head, whole);
  const pattern = Math.imul(byte, 0x01010101);
  let count = 0;
  for (let start = 0; start < words.length; start += 255) {
    const end = Math.min(words.length, start + 255);
    let sum = 0;
    for (let index = start; index < end; index++) {
      const different = (words[index] as number) ^ pattern;
      // The highest bit of each byte is set if the byte differs.
      const flags = ((different & 0x7f7f7f7f) + 0x7f7f7f7f) | different;
      sum += (~flags >>> 7) & 0x01010101;
    }
    count += (sum & 0xff) + ((sum >>> 8) & 0xff) + ((sum >>> 16) & 0xff) + (sum >>> 24);
  }
  for (let index = 0; index < head; index++) if (bytes[index] === byte) count++;
  for (let index = head + words.length * 4; index < bytes.length; index++) if (bytes[index] === byte) count++;
  return count;
}

function countNonEmpty(bytes: Buffer): number {
  let [lines, start] = [0, 0];
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== LF) continue;
    if (at > start) lines++;
    start = at + 1;
  }
  return lines;
}

function countCrlf(bytes: Buffer): Lines | undefined {
  let [lines, start] = [0, 0];
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === CR ? bytes[at + 1] !== LF : bytes[at] === LF && bytes[at - 1] !== CR) return undefined;
    if (bytes[at] !== LF) continue;
    if (at - 1 > start) lines++;
    start = at + 1;
  }
  return { lines, lineEnd: "CRLF" };
}

function hasLongLine(bytes: Buffer, maxBytes: number): boolean {
  for (let start = 0; bytes.length - start > maxBytes; ) {
    const end = bytes.lastIndexOf(LF, start + maxBytes - 1);
    if (end < start) return true;
    start = end + 1;
  }
  return false;
}
