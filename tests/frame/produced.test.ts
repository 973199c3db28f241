import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { produced } from "../../src/frame/stream/produced.ts";

/* Items are produced when they are asked for, and the producer has ended when the consumer goes on. */

/** A producer of the numbers from 0, what it has done, and how it ended. */
function counting(until = 5) {
  const made: number[] = [];
  let ended = "";
  const produce = async (put: (item: number) => Promise<void>) => {
    try {
      for (let item = 0; item < until; item++) {
        made.push(item);
        await put(item);
      }
      ended = "complete";
    } catch (error) {
      ended = "stopped";
      await sleep(20);
      ended = "stopped and cleaned up";
      throw error;
    }
  };
  return { produce, made, ended: () => ended };
}

async function taken<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("a producer", () => {
  test("gives all of its items in their order", async () => {
    const { produce, ended } = counting();
    expect(await taken(produced(produce, undefined))).toEqual([0, 1, 2, 3, 4]);
    expect(ended()).toBe("complete");
    expect(await taken(produced(async () => {}, undefined))).toEqual([]);
  });

  test("waits until an item is taken", async () => {
    const { produce, made } = counting();
    const items = produced(produce, undefined);
    await sleep(10);
    expect(made).toEqual([]);
    for (const expected of [0, 1]) {
      expect(await items.next()).toEqual({ done: false, value: expected });
      await sleep(10);
      expect(made.length).toBeLessThanOrEqual(expected + 2);
    }
    await items.return();
  });

  test("is stopped when the consumer leaves, and has cleaned up then", async () => {
    const { produce, made, ended } = counting();
    for await (const item of produced(produce, undefined)) if (item === 1) break;
    expect(ended()).toBe("stopped and cleaned up");
    expect(made.length).toBeLessThanOrEqual(3);
    const other = counting();
    const failing = async () => {
      for await (const _ of produced(other.produce, undefined)) throw new Error("of the consumer");
    };
    await expect(failing()).rejects.toThrow("of the consumer");
    expect(other.ended()).toBe("stopped and cleaned up");
  });

  test("passes its error on, after the items before it", async () => {
    const seen: number[] = [];
    const failing = async () => {
      const items = produced<number>(async (put) => {
        await put(1);
        throw new Error("of the producer");
      }, undefined);
      for await (const item of items) seen.push(item);
    };
    await expect(failing()).rejects.toThrow("of the producer");
    expect(seen).toEqual([1]);
  });

  test("is stopped by the signal at once, even if nothing is asked for any more", async () => {
    const { produce, ended } = counting();
    const interruption = new AbortController();
    const items = produced(produce, interruption.signal);
    await items.next();
    interruption.abort(new Error("enough"));
    await sleep(60);
    expect(ended()).toBe("stopped and cleaned up");
    await expect(items.next()).rejects.toThrow("enough");
    await expect(taken(produced(counting().produce, interruption.signal))).rejects.toThrow("enough");
  });
});
