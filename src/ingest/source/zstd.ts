import { Transform, type TransformCallback } from "node:stream";
import { Decompress } from "fzstd";

/**
 * Decompresses zstd, any number of frames. Node's own decoder, which newer versions have, is not used: it returns the first
 * frame and silently drops those after it (nodejs/node#64741).
 */
export function createZstdDecompress(): Transform {
  let failure: Error | undefined;
  const decompress = new Decompress((data) => {
    if (data.length > 0) stream.push(data);
  });
  const push = (chunk: Uint8Array, final: boolean, done: TransformCallback) => {
    try {
      if (failure === undefined) decompress.push(chunk, final);
      done();
    } catch (error) {
      failure = error as Error;
      done(Object.assign(failure, { code: "ZSTD_ERROR" }));
    }
  };
  const stream: Transform = new Transform({
    transform: (chunk: Buffer, _, done) => push(chunk, false, done),
    flush: (done) => push(new Uint8Array(0), true, done),
  });
  return stream;
}
