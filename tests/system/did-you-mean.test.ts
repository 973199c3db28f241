import { describe, expect, test } from "vitest";
import { didYouMean } from "../../src/system/did-you-mean.ts";

describe("did you mean", () => {
  test.for([
    ["regoin", "region"],
    ["storecode", "store_code"],
    ["Qty", undefined],
    ["naem", "name"],
    ["date", undefined],
    ["quantitiy", "quantity"],
  ] as const)("%s: %s", ([word, expected]) => {
    const guess = didYouMean(word, ["region", "store_code", "quantity", "name"]);
    expect(guess).toBe(expected === undefined ? undefined : `did you mean ${expected}?`);
  });
});
