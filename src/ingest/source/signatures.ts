import { basename } from "node:path";
import { fail } from "../../errors.ts";
import type { Encoding } from "./encoding.ts";
import { isRejectsFile } from "./rejects-file.ts";
import type { Compression } from "./source-file.ts";

/*
 * What a file is by its first bytes. Exports are often named wrongly, so the name counts only if the bytes leave it open.
 */

/** The first bytes that all signatures are in, except that of a rejects file, which needs the whole first line. */
export const signatureBytes = 4096;

/** The compression of a file, by its first bytes on disk. */
export function compressionOf(bytes: Buffer): Compression | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "gzip";
  if (bytes.length < 4) return undefined;
  // A frame, or a skippable frame, which parallel compressors write first.
  const magic = bytes.readUInt32LE(0);
  return magic === 0xfd2fb528 || magic >>> 4 === 0x184d2a5 ? "zstd" : undefined;
}

/** What a file holds. A rejects file is CSV that is always written in the same way. */
export type FileKind = "csv" | "rejects" | "parquet" | "ndjson";

/**
 * The kind of a file, by its head and its name. Everything else is read as CSV, and the reader reports what is wrong.
 *
 * @throws JSON_NOT_LINES for a JSON array
 */
export function kindOf(path: string, head: Buffer): FileKind {
  const start = head.subarray(0, signatureBytes);
  // PARE: its footer is encrypted, which is reported when it is read.
  if (/^PAR[1E]/.test(start.toString("latin1", 0, 4))) return "parquet";
  const text = new TextDecoder(byteOrderMark(start)?.encoding.label).decode(start).trimStart();
  if (text.startsWith("{")) return "ndjson";
  const named = kindByName(path);
  if (/^\[\s*[{\]]/.test(text) || (text.startsWith("[") && named === "ndjson")) {
    throw fail("JSON_NOT_LINES", { path, problem: "it is one array" });
  }
  if (text !== "" && named !== undefined) return named;
  return isRejectsFile(head) ? "rejects" : "csv";
}

function kindByName(path: string): FileKind | undefined {
  const name = basename(path).replace(/\.(gz|gzip|zst|zstd)$/i, "");
  if (/\.(parquet|pq)$/i.test(name)) return "parquet";
  return /\.(ndjson|jsonl|json)$/i.test(name) ? "ndjson" : undefined;
}

/** The byte order mark at the start of a file, and the encoding it means. */
export function byteOrderMark(head: Buffer): { length: number; encoding: Encoding } | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) {
    return { length: 3, encoding: { label: "utf-8", kind: "utf-8" } };
  }
  if (head[0] === 0xff && head[1] === 0xfe) {
    return { length: 2, encoding: { label: "utf-16le", kind: "other" } };
  }
  if (head[0] === 0xfe && head[1] === 0xff) {
    return { length: 2, encoding: { label: "utf-16be", kind: "other" } };
  }
  return undefined;
}

/** What a file is instead of text, if it is known: a format that people load by mistake, or binary data. */
export function nonTextKind(head: Buffer, encoding: Encoding): string | undefined {
  const start = head.toString("latin1", 0, signatureBytes);
  const format = otherFormats.find(([magic]) => start.startsWith(magic))?.[1];
  if (format !== undefined || encoding.kind === "other") return format;
  if (/^([^\0]\0){4}/.test(start)) return "text in UTF-16, which is loaded with --encoding utf-16le";
  // A control character further down is the fault of one record.
  const [firstLine = ""] = start.split(/[\r\n]/, 1);
  return /[\x00-\x08\x0e-\x1f]/.test(firstLine) ? "binary data" : undefined;
}

const otherFormats: readonly (readonly [magic: string, name: string])[] = [
  ["PK\x03\x04", "an Excel workbook or a zip archive"],
  ["\xd0\xcf\x11\xe0", "an Excel workbook"],
  ["%PDF", "a PDF document"],
  ["\x89PNG", "an image"],
  ["\xff\xd8\xff", "an image"],
  ["SQLite format 3\0", "an SQLite database"],
  ["BZh", "a bzip2 archive"],
  ["\xfd7zXZ", "an xz archive"],
  ["7z\xbc\xaf", "a 7-Zip archive"],
];
