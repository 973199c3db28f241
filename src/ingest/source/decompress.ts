import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import zlib from "node:zlib";
import { fail } from "../../errors.ts";
import { asFileFailure } from "../../system/file-failures.ts";
import type { SourceFile } from "./source-file.ts";
import { unzstd, ZstdFailure } from "./zstd.ts";

/** Largest chunk that is read, and that gzip is decompressed to. */
export const chunkBytes = 1024 * 1024;

/**
 * The bytes of a file, decompressed, in chunks of at most 1 MiB. The file is read no further than the chunks that are taken.
 *
 * @param options.onRead called with the bytes as they are on disk
 * @param options.chunk how much is read and decompressed at a time; less if only the start of a file is wanted
 * @throws FILE_NOT_DECOMPRESSED, FILE_NOT_FOUND, FILE_NOT_PERMITTED
 */
export async function* decompressed(
  { path, absolute, compression }: Pick<SourceFile, "path" | "absolute" | "compression">,
  {
    onRead = () => {},
    chunk = chunkBytes,
  }: { readonly onRead?: ((chunk: Buffer) => void) | undefined; readonly chunk?: number } = {},
): AsyncGenerator<Buffer> {
  const source = createReadStream(absolute, { highWaterMark: chunk });
  const read = observed(source, onRead);
  try {
    if (compression === undefined) yield* read;
    else yield* compression === "zstd" ? unzstd(read) : gunzipped(source, onRead, chunk);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!(error instanceof ZstdFailure) && !code.startsWith("Z_")) throw asFileFailure(error, path, "read");
    const reason = code === "Z_BUF_ERROR" ? "it ends too early" : (error as Error).message;
    throw fail("FILE_NOT_DECOMPRESSED", { path, reason }, error);
  } finally {
    source.destroy();
  }
}

async function* observed(source: Readable, onRead: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    onRead(chunk);
    yield chunk;
  }
}

function gunzipped(
  source: Readable,
  onRead: (chunk: Buffer) => void,
  chunkSize: number,
): AsyncIterable<Buffer> {
  const gunzip = source.pipe(zlib.createGunzip({ chunkSize }));
  source.on("error", (error) => gunzip.destroy(error));
  source.on("data", (chunk) => onRead(chunk as Buffer));
  return gunzip as AsyncIterable<Buffer>;
}
