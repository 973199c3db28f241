import { Transform, type TransformCallback } from "node:stream";
import { Decompress } from "fzstd";

/** Whether bytes start as zstd does: with a frame, or with one to be skipped, as parallel compressors write. */
export function startsAsZstd(head: Buffer): boolean {
  if (head.length < 4) return false;
  const magic = head.readUInt32LE(0);
  return magic === 0xfd2fb528 || magic >>> 4 === 0x184d2a5;
}

/**
 * Decompresses zstd, any number of frames. Node's own decoder is not used, where there is one: it gives the first frame and
 * silently drops those behind it (nodejs/node#64741).
 */
export function createZstdDecompress(): Transform {
  let failed: Error | undefined;
  const decompress = new Decompress((data) => {
    if (data.length > 0) stream.push(data);
  });
  const work = (chunk: Uint8Array, final: boolean, done: TransformCallback) => {
    try {
      if (failed === undefined) decompress.push(chunk, final);
      done();
    } catch (error) {
      failed = error as Error;
      done(Object.assign(failed, { code: "ZSTD_ERROR" }));
    }
  };
  const stream: Transform = new Transform({
    transform: (chunk: Buffer, _, done) => work(chunk, false, done),
    flush: (done) => work(new Uint8Array(0), true, done),
  });
  return stream;
}
