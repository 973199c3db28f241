import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Xxh64 } from "../../src/system/xxh64.ts";

function hashOf(bytes: Buffer, pieces: readonly number[] = []): bigint {
  const hash = new Xxh64();
  let at = 0;
  for (const piece of pieces) {
    hash.update(bytes.subarray(at, at + piece));
    at = Math.min(bytes.length, at + piece);
  }
  hash.update(bytes.subarray(at));
  return hash.digest();
}

/** The specification, word for word, in 64-bit integers. */
function reference(bytes: Buffer): bigint {
  const [p1, p2, p3, p4, p5] = [
    0x9e3779b185ebca87n,
    0xc2b2ae3d27d4eb4fn,
    0x165667b19e3779f9n,
    0x85ebca77c2b2ae63n,
    0x27d4eb2f165667c5n,
  ] as const;
  const wrap = (value: bigint) => BigInt.asUintN(64, value);
  const turn = (value: bigint, bits: bigint) => wrap((wrap(value) << bits) | (wrap(value) >> (64n - bits)));
  const round = (lane: bigint, word: bigint) => wrap(turn(lane + word * p2, 31n) * p1);
  const lanes = [p1 + p2, p2, 0n, -p1].map(wrap) as [bigint, bigint, bigint, bigint];
  let at = 0;
  for (; at + 32 <= bytes.length; at += 32) {
    for (let lane = 0; lane < 4; lane++) {
      lanes[lane] = round(lanes[lane] as bigint, bytes.readBigUInt64LE(at + 8 * lane));
    }
  }
  const [a, b, c, d] = lanes;
  let hash: bigint = p5;
  if (bytes.length >= 32) {
    hash = wrap(turn(a, 1n) + turn(b, 7n) + turn(c, 12n) + turn(d, 18n));
    for (const lane of lanes) hash = wrap((hash ^ round(0n, lane)) * p1 + p4);
  }
  hash = wrap(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8)
    hash = wrap(turn(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * p1 + p4);
  for (; at + 4 <= bytes.length; at += 4)
    hash = wrap(turn(hash ^ (BigInt(bytes.readUInt32LE(at)) * p1), 23n) * p2 + p3);
  for (; at < bytes.length; at++) hash = wrap(turn(hash ^ (BigInt(bytes[at] as number) * p5), 11n) * p1);
  hash = wrap((hash ^ (hash >> 33n)) * p2);
  hash = wrap((hash ^ (hash >> 29n)) * p3);
  return hash ^ (hash >> 32n);
}

describe("xxHash64", () => {
  test.for([
    ["", 0xef46db3751d8e999n],
    ["a", 0xd24ec4f1a98c6e5bn],
    ["abc", 0x44bc2cf5ad770999n],
  ] as const)("of %j is the published value", ([text, expected]) => {
    expect(hashOf(Buffer.from(text))).toBe(expected);
  });

  test("is that of the specification, in whatever pieces the bytes arrive", () => {
    const bytes = fc.uint8Array({ maxLength: 300, size: "max" });
    const pieces = fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 8 });
    fc.assert(
      fc.property(bytes, pieces, (array, sizes) => {
        const buffer = Buffer.from(array);
        expect(hashOf(buffer, sizes)).toBe(reference(buffer));
      }),
    );
  });
});
