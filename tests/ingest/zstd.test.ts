import { describe, expect, test } from "vitest";
import { unzstd } from "../../src/ingest/source/zstd.ts";

/* Frames that the program zstd wrote, and frames made by hand. */

const text = "code,name\nS1,One\n";
const checked = Buffer.from("KLUv/SQRiQAAY29kZSxuYW1lClMxLE9uZQpyw6gR", "base64");
const unchecked = Buffer.from("KLUv/SARiQAAY29kZSxuYW1lClMxLE9uZQo=", "base64");
const withDictionary = Buffer.from("KLUv/SdVGH1UEYkAAGNvZGUsbmFtZQpTMSxPbmUKcsOoEQ==", "base64");
const ofLong28 = Buffer.from("KLUv/QSQiQAAY29kZSxuYW1lClMxLE9uZQpyw6gR", "base64");
const skippable = Buffer.from("502a4d180400000061626364", "hex");

const runBytes = 128 * 1024;

/** A frame with a window of 2 MiB, whose blocks are runs of one byte: 4 bytes become 128 KiB. */
function runs(count: number): Buffer {
  const block = (last: number) => {
    const head = Buffer.alloc(4, "a");
    head.writeUIntLE((runBytes << 3) | 2 | last, 0, 3);
    return head;
  };
  const blocks = Array.from({ length: count }, (_, index) => block(index === count - 1 ? 1 : 0));
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]), ...blocks]);
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function decompressed(bytes: Buffer, size = bytes.length): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of unzstd(inPieces(bytes, size))) parts.push(part);
  return Buffer.concat(parts).toString();
}

const changed = (bytes: Buffer, at: number, bit = 1) => {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] as number) ^ bit;
  return copy;
};

describe("zstd", () => {
  test.for([1, 2, 3, 7, 64, 1 << 20])("is the same in pieces of %i bytes", async (size) => {
    const several = Buffer.concat([skippable, checked, unchecked, skippable, checked]);
    expect(await decompressed(several, size)).toBe(text.repeat(3));
    expect(await decompressed(runs(3), size)).toBe("a".repeat(3 * runBytes));
  });

  test("comes in pieces of at most 256 KiB, and is read no further than they are taken", async () => {
    let read = 0;
    async function* counted() {
      for await (const piece of inPieces(runs(4096), 4096)) {
        read += piece.length;
        yield piece;
      }
    }
    let [pieces, largest] = [0, 0];
    for await (const piece of unzstd(counted())) {
      largest = Math.max(largest, piece.length);
      if (++pieces === 10) break;
    }
    expect(largest).toBeLessThanOrEqual(2 * runBytes);
    expect(read).toBe(4096);
  });

  test.for([
    ["cut", checked.subarray(0, -2), "it ends too early"],
    ["cut in a block", unchecked.subarray(0, -2), "it ends too early"],
    ["followed by other bytes", Buffer.concat([checked, Buffer.from("garbage")]), "bytes that are not zstd"],
    ["changed in its content", changed(checked, 12), "its checksum is not that of its content"],
    ["changed in its checksum", changed(checked, -1), "its checksum is not that of its content"],
    ["changed in its size", changed(unchecked, 5, 2), "it holds 17 bytes and says 19"],
    ["with a block of an unknown kind", Buffer.from("28b52ffd00580f000000", "hex"), "it is damaged"],
    ["with a block that is too large", Buffer.from("28b52ffd0058ffff3f61", "hex"), "it is damaged"],
    ["compressed with a dictionary", withDictionary, "compressed with a dictionary"],
    ["compressed with --long=28", ofLong28, "a window of 256 MiB, and at most 128 MiB"],
  ] as const)("%s is refused, with the reason", async ([, bytes, reason]) => {
    await expect(decompressed(bytes)).rejects.toThrow(reason);
  });
});
