/**
 * xxHash64 with seed 0 of bytes that arrive in pieces: the checksum of zstd frames
 * (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). The 64-bit words are pairs of 32-bit numbers, which is
 * ten times as fast as BigInt.
 */
export class Xxh64 {
  /** The four accumulators, each as its low and its high half. */
  readonly #lanes = new Int32Array([
    0x85ebca87 + 0x27d4eb4f,
    0x9e3779b1 + 0xc2b2ae3d,
    0x27d4eb4f,
    0xc2b2ae3d,
    0,
    0,
    -0x85ebca87,
    -0x9e3779b1 - 1,
  ]);
  /** Bytes that do not fill a stripe yet. */
  readonly #rest = Buffer.alloc(stripeBytes);
  #restBytes = 0;
  #bytes = 0;

  update(bytes: Buffer): void {
    this.#bytes += bytes.length;
    let at = 0;
    if (this.#restBytes > 0) {
      at = bytes.copy(this.#rest, this.#restBytes);
      this.#restBytes += at;
      if (this.#restBytes < stripeBytes) return;
      this.#stripes(this.#rest);
      this.#restBytes = 0;
    }
    const whole = at + Math.floor((bytes.length - at) / stripeBytes) * stripeBytes;
    if (whole > at) this.#stripes(bytes.subarray(at, whole));
    this.#restBytes = bytes.copy(this.#rest, 0, whole);
  }

  /** The hash of all bytes so far. */
  digest(): bigint {
    const rest = this.#rest.subarray(0, this.#restBytes);
    let hash = wrap(this.#merged() + BigInt(this.#bytes));
    let at = 0;
    for (; at + 8 <= rest.length; at += 8) {
      hash = wrap(rotate(hash ^ round(0n, rest.readBigUInt64LE(at)), 27n) * prime1 + prime4);
    }
    if (at + 4 <= rest.length) {
      hash = wrap(rotate(hash ^ wrap(BigInt(rest.readUInt32LE(at)) * prime1), 23n) * prime2 + prime3);
      at += 4;
    }
    for (; at < rest.length; at++) {
      hash = wrap(rotate(hash ^ wrap(BigInt(rest[at] as number) * prime5), 11n) * prime1);
    }
    hash = wrap((hash ^ (hash >> 33n)) * prime2);
    hash = wrap((hash ^ (hash >> 29n)) * prime3);
    return hash ^ (hash >> 32n);
  }

  #merged(): bigint {
    if (this.#bytes < stripeBytes) return prime5;
    const lanes = [0, 2, 4, 6].map(
      (lane) =>
        (BigInt(this.#lanes[lane + 1] as number) << 32n) | BigInt((this.#lanes[lane] as number) >>> 0),
    );
    const sum = lanes.reduce(
      (total, lane, index) => total + rotate(wrap(lane), rotations[index] as bigint),
      0n,
    );
    return lanes.reduce((hash, lane) => wrap((hash ^ round(0n, wrap(lane))) * prime1 + prime4), wrap(sum));
  }

  /** Adds whole stripes to the accumulators. */
  #stripes(bytes: Buffer): void {
    const lanes = this.#lanes;
    const words = wordsOf(bytes);
    for (let at = 0; at < words.length; at += 8) {
      for (let lane = 0; lane < 8; lane += 2) {
        // accumulator + word * prime2, with the lower half multiplied in pieces of 16 bits
        const [low, high] = [words[at + lane] as number, words[at + lane + 1] as number];
        const [low0, low1] = [low & 0xffff, low >>> 16];
        let first = low0 * 0xeb4f;
        let middle = low0 * 0x27d4 + low1 * 0xeb4f + (first >>> 16);
        const productLow = ((middle & 0xffff) << 16) | (first & 0xffff);
        const productHigh =
          low1 * 0x27d4 +
          Math.floor(middle / 0x10000) +
          Math.imul(low, 0xc2b2ae3d) +
          Math.imul(high, 0x27d4eb4f);
        const sum = ((lanes[lane] as number) >>> 0) + (productLow >>> 0);
        const sumLow = sum | 0;
        const sumHigh = ((lanes[lane + 1] as number) + productHigh + (sum > 0xffffffff ? 1 : 0)) | 0;
        // rotated left by 31, times prime1
        const [turnedLow, turnedHigh] = [(sumLow << 31) | (sumHigh >>> 1), (sumHigh << 31) | (sumLow >>> 1)];
        const [turned0, turned1] = [turnedLow & 0xffff, turnedLow >>> 16];
        first = turned0 * 0xca87;
        middle = turned0 * 0x85eb + turned1 * 0xca87 + (first >>> 16);
        lanes[lane] = ((middle & 0xffff) << 16) | (first & 0xffff);
        lanes[lane + 1] =
          turned1 * 0x85eb +
          Math.floor(middle / 0x10000) +
          Math.imul(turnedLow, 0x9e3779b1) +
          Math.imul(turnedHigh, 0x85ebca87);
      }
    }
  }
}

const stripeBytes = 32;
const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;
const rotations = [1n, 7n, 12n, 18n];

const wrap = (value: bigint) => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint) => wrap((value << bits) | (value >> (64n - bits)));
const round = (accumulator: bigint, word: bigint) =>
  wrap(rotate(wrap(accumulator + word * prime2), 31n) * prime1);

/** The bytes as little-endian words of 32 bits; copied if they are not aligned. */
function wordsOf(bytes: Buffer): Int32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.prototype.slice.call(bytes);
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
}
