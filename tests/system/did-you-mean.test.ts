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

  test.for([
    ["sales", "sales_daily or sales_txn"],
    ["sales_transactions", "sales_daily or sales_txn"],
    ["price", "price_history"],
    ["daily", "sales_daily or traffic_daily"],
    ["Sales_Dayly", "sales_daily"],
    ["id", undefined],
    ["weather", undefined],
  ] as const)("a part counts: %s: %s", ([word, expected]) => {
    const tables = ["sales_daily", "sales_txn", "traffic_daily", "price_history", "store_id"];
    const guess = didYouMean(word, tables);
    expect(guess).toBe(expected === undefined ? undefined : `did you mean ${expected}?`);
  });
});
