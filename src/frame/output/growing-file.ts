import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { hexOf, sha256 } from "../../system/digest.ts";

/** A new file that is appended to, and hashed meanwhile. It is open only during an append, because there may be many. */
export interface GrowingFile {
  readonly bytes: number;
  append(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  /** Syncs the file to the disk. */
  finish(): Promise<{ readonly bytes: number; readonly sha256: string }>;
}

export function growingFile(path: string): GrowingFile {
  const hash = sha256();
  let bytes = 0;
  const withFile = async (work: (file: FileHandle) => Promise<void>) => {
    const file = await open(path, bytes === 0 ? "wx" : "a");
    try {
      await work(file);
    } finally {
      await file.close();
    }
  };
  return {
    get bytes() {
      return bytes;
    },
    append: (pieces) =>
      withFile(async (file) => {
        for await (const piece of pieces) {
          hash.update(piece);
          await file.writeFile(piece);
          bytes += piece.byteLength;
        }
      }),
    finish: async () => {
      await withFile((file) => file.datasync());
      return { bytes, sha256: hexOf(hash) };
    },
  };
}

/** The bytes of a file from `start` to before `end`, piece by piece. */
export function bytesOf(path: string, start: number, end: number): AsyncIterable<Uint8Array> | [] {
  return start === end ? [] : createReadStream(path, { start, end: end - 1, highWaterMark: pieceBytes });
}

const pieceBytes = 1024 * 1024;
