import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { asFileFailure } from "./file-failures.ts";

/* SHA-256 in hexadecimal digits, the only digest of this package. */

/** A digest of bytes that arrive piece by piece: `update` adds bytes, {@link hexOf} returns the digest. */
export const sha256 = (): Hash => createHash("sha256");

export const hexOf = (hash: Hash): string => hash.digest("hex");

/** The digest of a text in UTF-8. */
export const sha256OfText = (text: string): string => hexOf(sha256().update(text));

/**
 * The digest of a file's bytes as they are on disk.
 *
 * @param options.name how messages name the file; default: its path
 * @throws FILE_NOT_FOUND, FILE_NOT_PERMITTED and other errors of the file system; the signal's reason when it is aborted
 */
export async function sha256OfFile(
  path: string,
  { name = path, signal }: { readonly name?: string; readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const hash = sha256();
  try {
    await pipeline(createReadStream(path, { highWaterMark: pieceBytes }), hash, { signal });
  } catch (error) {
    throw asFileFailure(error, name, "read");
  }
  return hexOf(hash);
}

const pieceBytes = 1024 * 1024;
