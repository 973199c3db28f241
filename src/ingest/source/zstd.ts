import { Decompress } from "fzstd";
import { Xxh64 } from "../../system/xxh64.ts";

/*
 * zstd (RFC 8878), any number of frames. A frame is a header, blocks, and perhaps a checksum. The decoder decompresses all
 * that it is given at once, to any size, and checks neither the checksum nor the size that the header states. So it is given
 * one block at a time, and the rest is done here. Node's own decoder, which versions from 22.15 have, is not used: it returns
 * the first frame and silently drops those after it (nodejs/node#64741).
 */

/** Of what is decompressed, so much is kept in memory, because later blocks refer to it. The limit of the program zstd. */
export const maxWindowBytes = 128 * 1024 * 1024;

/** A damaged file, or one that cannot be decompressed here. */
export class ZstdFailure extends Error {}

/**
 * Decompresses zstd in pieces of at most 256 KiB. The source is read no further than the pieces that are taken.
 *
 * @throws ZstdFailure with what is wrong, to be read on from "it cannot be decompressed"
 */
export async function* unzstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const input = new Input(source);
  for (;;) {
    const magic = await input.read(4, true);
    if (magic === undefined) return;
    const number = magic.readUInt32LE(0);
    if (number >>> 4 === 0x184d2a5) {
      await input.skip((await input.need(4)).readUInt32LE(0));
    } else if (number === 0xfd2fb528) yield* frame(input, magic);
    else throw new ZstdFailure("it holds bytes that are not zstd");
  }
}

async function* frame(input: Input, magic: Buffer): AsyncGenerator<Buffer> {
  const header = await readHeader(input);
  const maxBlockBytes = Math.min(maxBlock, Math.max(header.windowBytes, 1));
  const checksum = header.hasChecksum ? new Xxh64() : undefined;
  let pieces: Buffer[] = [];
  const decoder = new Decompress((data) => {
    if (data.length > 0) pieces.push(Buffer.from(data.buffer, data.byteOffset, data.length));
  });
  let start: Buffer = Buffer.concat([magic, header.bytes]);
  let bytes = 0;
  for (let last = false; !last; ) {
    const head = await input.need(3);
    const word = head.readUIntLE(0, 3);
    const [type, size] = [(word >> 1) & 3, word >> 3];
    last = (word & 1) === 1;
    if (type === 3 || size > maxBlockBytes) throw new ZstdFailure("it is damaged");
    const block = Buffer.concat([start, head, await input.need(type === runOfOneByte ? 1 : size)]);
    start = Buffer.alloc(0);
    const end = last && header.hasChecksum ? await input.need(4) : start;
    try {
      decoder.push(last ? Buffer.concat([block, end]) : block, last);
    } catch (error) {
      throw new ZstdFailure("it is damaged", { cause: error });
    }
    for (const piece of pieces) {
      bytes += piece.length;
      checksum?.update(piece);
      yield piece;
    }
    pieces = [];
    if (!last) continue;
    if (header.contentBytes !== undefined && header.contentBytes !== bytes) {
      throw new ZstdFailure(`it holds ${bytes} bytes and says ${header.contentBytes}`);
    }
    if (checksum !== undefined && Number(checksum.digest() & 0xffffffffn) !== end.readUInt32LE(0)) {
      throw new ZstdFailure("its checksum is not that of its content");
    }
  }
}

const runOfOneByte = 1;
const maxBlock = 128 * 1024;

interface FrameHeader {
  /** As in the file, after the magic number. */
  readonly bytes: Buffer;
  readonly windowBytes: number;
  /** Undefined if the frame does not state it. */
  readonly contentBytes: number | undefined;
  readonly hasChecksum: boolean;
}

async function readHeader(input: Input): Promise<FrameHeader> {
  const first = await input.need(1);
  const flags = first[0] as number;
  const single = (flags & 0x20) !== 0;
  const window = await input.need(single ? 0 : 1);
  const dictionary = await input.need([0, 1, 2, 4][flags & 3] as number);
  const content = await input.need([single ? 1 : 0, 2, 4, 8][flags >> 6] as number);
  if ((flags & 8) !== 0) throw new ZstdFailure("it is damaged");
  if (dictionary.some((byte) => byte !== 0)) {
    throw new ZstdFailure("it was compressed with a dictionary, which it does not hold");
  }
  const contentBytes = content.length === 0 ? undefined : contentSize(content);
  const windowBytes = single ? (contentBytes ?? 0) : windowSize(window[0] as number);
  if (windowBytes > maxWindowBytes) {
    const mib = Math.ceil(windowBytes / 1024 / 1024);
    throw new ZstdFailure(
      `it needs a window of ${mib} MiB, and at most ${maxWindowBytes / 1024 / 1024} MiB is kept in memory; compress it without --long or --ultra`,
    );
  }
  const bytes = Buffer.concat([first, window, dictionary, content]);
  return { bytes, windowBytes, contentBytes, hasChecksum: (flags & 4) !== 0 };
}

function contentSize(field: Buffer): number {
  if (field.length === 8) return Number(field.readBigUInt64LE(0));
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0);
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Reads a given number of bytes at a time. */
class Input {
  readonly #source: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async need(bytes: number): Promise<Buffer> {
    return (await this.read(bytes, false)) as Buffer;
  }

  /** Undefined if the source has ended and `mayEnd`. */
  async read(bytes: number, mayEnd: boolean): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let missing = bytes;
    while (missing > 0) {
      if (this.#chunk.length === 0 && !(await this.#advance())) {
        if (mayEnd && missing === bytes) return undefined;
        throw new ZstdFailure("it ends too early");
      }
      const part = this.#chunk.subarray(0, missing);
      this.#chunk = this.#chunk.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  async skip(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; ) {
      if (this.#chunk.length === 0 && !(await this.#advance())) throw new ZstdFailure("it ends too early");
      const skipped = Math.min(left, this.#chunk.length);
      this.#chunk = this.#chunk.subarray(skipped);
      left -= skipped;
    }
  }

  async #advance(): Promise<boolean> {
    const { value, done } = await this.#source.next();
    this.#chunk = done ? Buffer.alloc(0) : value;
    return !done;
  }
}
