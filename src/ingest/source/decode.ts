import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import zlib from "node:zlib";
import { fail } from "../../errors.ts";
import { asFileFailure } from "../../system/file-failures.ts";
import type { SourceFile } from "./files.ts";
import { createZstdDecompress } from "./zstd.ts";

/** The text encoding of files: UTF-8 is taken as it is, everything else is turned into it. */
export interface Encoding {
  /** As the user wrote it. */
  readonly label: string;
  readonly kind: "utf-8" | "windows-1252" | "other";
}

/**
 * The encoding of a label. Latin-1 is read as windows-1252, which it is a part of and which files called so really are.
 *
 * @throws ENCODING_UNKNOWN
 */
export function encodingOf(label: string): Encoding {
  const known = label.trim().toLowerCase();
  if (["utf-8", "utf8"].includes(known)) return { label, kind: "utf-8" };
  const spelling = known.replace(/^latin-(\d)/, "latin$1").replace(/^utf-?16$/, "utf-16le");
  try {
    const name = new TextDecoder(spelling).encoding;
    if (name === "utf-8") return { label, kind: "utf-8" };
    return { label: name, kind: name === "windows-1252" ? "windows-1252" : "other" };
  } catch {
    throw fail("ENCODING_UNKNOWN", { encoding: label });
  }
}

const chunkBytes = 1024 * 1024;

/**
 * The bytes of a file as UTF-8: decompressed, decoded, without a byte order mark. A byte order mark beats the encoding.
 *
 * @param seen hears the bytes as they are on disk
 * @throws FILE_NOT_DECOMPRESSED, FILE_NOT_DECODABLE, FILE_NOT_CSV, FILE_NOT_FOUND, FILE_NOT_PERMITTED
 */
export async function* utf8BytesOf(
  file: SourceFile,
  encoding: Encoding,
  seen?: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  let decode: ((chunk: Buffer, final: boolean) => Buffer) | undefined;
  for await (const chunk of decompressed(file, seen)) {
    if (decode === undefined) {
      const mark = byteOrderMark(chunk);
      const effective = mark?.encoding ?? encoding;
      requireText(file, effective, chunk);
      decode = decoderOf(file, effective);
      yield decode(chunk.subarray(mark?.length ?? 0), false);
    } else {
      yield decode(chunk, false);
    }
  }
  if (decode !== undefined) yield decode(Buffer.alloc(0), true);
}

/** Whether DuckDB may read the file itself: plain UTF-8. */
export function isPlain(file: SourceFile, encoding: Encoding, head: Buffer): boolean {
  const mark = byteOrderMark(head);
  return file.compression === undefined && (mark?.encoding ?? encoding).kind === "utf-8";
}

/** The first bytes of a file as they are on disk (decompressed). */
export async function headOf(file: SourceFile): Promise<Buffer> {
  for await (const chunk of decompressed(file)) return chunk;
  return Buffer.alloc(0);
}

/** The bytes of a file, decompressed; `seen` hears them as they are on disk. */
export async function* decompressed(
  file: SourceFile,
  seen?: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  // What zstd makes of a chunk comes out at once, and may be a hundred times as much.
  const highWaterMark = file.compression === "zstd" ? chunkBytes / 16 : chunkBytes;
  const source = createReadStream(file.absolute, { highWaterMark });
  const unpack = decompressorOf(file);
  const stream: Readable = unpack === undefined ? source : source.pipe(unpack);
  if (unpack !== undefined) source.on("error", (error) => unpack.destroy(error));
  if (unpack !== undefined && seen !== undefined) source.on("data", (chunk) => seen(chunk as Buffer));
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (unpack === undefined) seen?.(chunk);
      yield chunk;
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!/^(Z_|ZSTD_)/.test(code)) throw asFileFailure(error, file.path, "read");
    const reason = code === "Z_BUF_ERROR" ? "it ends too early" : (error as Error).message;
    throw fail("FILE_NOT_DECOMPRESSED", { path: file.path, reason }, error);
  } finally {
    source.destroy();
  }
}

function decompressorOf({ compression }: SourceFile): (Readable & NodeJS.WritableStream) | undefined {
  if (compression === "gzip") return zlib.createGunzip({ chunkSize: chunkBytes });
  return compression === "zstd" ? createZstdDecompress() : undefined;
}

function decoderOf(file: SourceFile, encoding: Encoding): (chunk: Buffer, final: boolean) => Buffer {
  if (encoding.kind === "utf-8") return (chunk) => chunk;
  if (encoding.kind === "windows-1252") {
    return (chunk) => Buffer.from(chunk.toString("latin1").replaceAll(/[\x80-\x9f]/g, windows1252), "utf8");
  }
  const decoder = new TextDecoder(encoding.label, { fatal: true });
  return (chunk, final) => {
    try {
      return Buffer.from(decoder.decode(chunk, { stream: !final }), "utf8");
    } catch (error) {
      const reason = "it holds bytes that have no meaning there";
      throw fail("FILE_NOT_DECODABLE", { path: file.path, encoding: encoding.label, reason }, error);
    }
  };
}

/** What windows-1252 has where Latin-1 has control characters; the five it leaves open stay as they are. */
const windows1252 = (character: string) => specials[character.charCodeAt(0) - 0x80] ?? character;
const specials = Array.from("€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ");

function byteOrderMark(head: Buffer): { length: number; encoding: Encoding } | undefined {
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

/** Formats people load by mistake, by their first bytes. */
const formats: readonly (readonly [string, string])[] = [
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

function requireText(file: SourceFile, encoding: Encoding, head: Buffer): void {
  const start = head.toString("latin1", 0, 4096);
  const known = formats.find(([magic]) => start.startsWith(magic))?.[1];
  const kind = known ?? (encoding.kind === "other" ? undefined : binaryKind(start));
  if (kind !== undefined) throw fail("FILE_NOT_CSV", { path: file.path, kind });
}

/** A control character in the first line; further down it is the fault of one record. */
function binaryKind(start: string): string | undefined {
  if (/^([^\0]\0){4}/.test(start)) return "text in UTF-16, which is loaded with --encoding utf-16le";
  const [firstLine = ""] = start.split(/[\r\n]/, 1);
  return /[\x00-\x08\x0e-\x1f]/.test(firstLine) ? "binary data" : undefined;
}
