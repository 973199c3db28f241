import { fail } from "../../errors.ts";
import { decompressed } from "./decompress.ts";
import type { Encoding } from "./encoding.ts";
import { byteOrderMark, nonTextKind } from "./signatures.ts";
import type { SourceFile } from "./source-file.ts";

/**
 * The bytes of a file as UTF-8: decompressed, decoded, without a byte order mark. A byte order mark overrides the encoding.
 *
 * @param onRead called with the bytes as they are on disk
 * @throws FILE_NOT_DECOMPRESSED, FILE_NOT_DECODABLE, FILE_NOT_CSV, FILE_NOT_FOUND, FILE_NOT_PERMITTED
 */
export async function* utf8BytesOf(
  file: SourceFile,
  encoding: Encoding,
  onRead?: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  const actual = actualEncoding(file, encoding);
  const kind = nonTextKind(file.head, actual);
  if (kind !== undefined) throw fail("FILE_NOT_CSV", { path: file.path, kind });
  const decode = decoderOf(file, actual);
  let markBytes = byteOrderMark(file.head)?.length ?? 0;
  for await (const chunk of decompressed(file, { onRead })) {
    const skipped = Math.min(markBytes, chunk.length);
    markBytes -= skipped;
    yield decode(chunk.subarray(skipped), false);
  }
  yield decode(Buffer.alloc(0), true);
}

/** Whether the file is UTF-8 and not compressed, so that DuckDB can read it. */
export function isPlainUtf8(file: SourceFile, encoding: Encoding): boolean {
  return file.compression === undefined && actualEncoding(file, encoding).kind === "utf-8";
}

const actualEncoding = ({ head }: SourceFile, encoding: Encoding): Encoding =>
  byteOrderMark(head)?.encoding ?? encoding;

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
      const reason = "it holds bytes that are not valid in this encoding";
      throw fail("FILE_NOT_DECODABLE", { path: file.path, encoding: encoding.label, reason }, error);
    }
  };
}

/** The character windows-1252 has in place of a control character of Latin-1. Five of them have none and stay as they are. */
const windows1252 = (character: string) => windows1252Characters[character.charCodeAt(0) - 0x80] ?? character;
const windows1252Characters = Array.from("€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ");
