import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import zlib from "node:zlib";
import { fail } from "../../errors.ts";
import { asFileFailure } from "../../system/file-failures.ts";
import type { SourceFile } from "./source-file.ts";
import { createZstdDecompress } from "./zstd.ts";

/** Largest chunk that is read, and that gzip is decompressed to. */
export const chunkBytes = 1024 * 1024;

/**
 * The bytes of a file, decompressed.
 *
 * @param onRead called with the bytes as they are on disk
 * @throws FILE_NOT_DECOMPRESSED, FILE_NOT_FOUND, FILE_NOT_PERMITTED
 */
export async function* decompressed(
  { path, absolute, compression }: Pick<SourceFile, "path" | "absolute" | "compression">,
  onRead?: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  // A chunk of zstd is decompressed at once, to as much as a hundred times its size.
  const highWaterMark = compression === "zstd" ? chunkBytes / 16 : chunkBytes;
  const source = createReadStream(absolute, { highWaterMark });
  const decompressor = decompressorOf(compression);
  const stream: Readable = decompressor === undefined ? source : source.pipe(decompressor);
  if (decompressor !== undefined) source.on("error", (error) => decompressor.destroy(error));
  if (decompressor !== undefined && onRead !== undefined) {
    source.on("data", (chunk) => onRead(chunk as Buffer));
  }
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (decompressor === undefined) onRead?.(chunk);
      yield chunk;
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!/^(Z_|ZSTD_)/.test(code)) throw asFileFailure(error, path, "read");
    const reason = code === "Z_BUF_ERROR" ? "it ends too early" : (error as Error).message;
    throw fail("FILE_NOT_DECOMPRESSED", { path, reason }, error);
  } finally {
    source.destroy();
  }
}

function decompressorOf(
  compression: SourceFile["compression"],
): (Readable & NodeJS.WritableStream) | undefined {
  if (compression === "gzip") return zlib.createGunzip({ chunkSize: chunkBytes });
  return compression === "zstd" ? createZstdDecompress() : undefined;
}
