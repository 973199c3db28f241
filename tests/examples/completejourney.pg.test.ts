import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { freshDatabase } from "../support/warehouse.ts";
import { cents, fillDays, loadExample, queryRows, rollUpAll } from "./support/examples.ts";
import { completeJourney, hasSharedData, parseCsv } from "./support/shared-data.ts";

describe.skipIf(!hasSharedData)("The Complete Journey", async () => {
  const database = await freshDatabase();
  const { transactions, products, promotions } = completeJourney;
  const source = hasSharedData ? parseCsv(readFileSync(transactions, "utf8")) : [];

  test("loads, products the product file lacks included", async () => {
    await fillDays(database, "2016-12-26", "2017-06-30", "US");
    await loadExample(database, "store", [transactions], "completejourney/store");
    await loadExample(database, "product", [transactions], "completejourney/product_seen");
    await loadExample(database, "product", [promotions], "completejourney/product_seen");
    expect(await loadExample(database, "product", [products], "completejourney/product")).toMatchObject({
      read: 13_999,
      rejected: 0,
    });
    const kept = source.filter((line) => Number(line.quantity) !== 0 || cents(line.sales_value) !== 0);
    expect(
      await loadExample(database, "sales_txn", [transactions], "completejourney/sales_txn"),
    ).toMatchObject({
      read: kept.length,
      filtered: source.length - kept.length,
      inserted: kept.length,
      rejected: 0,
    });
    expect(await loadExample(database, "promotion", [promotions], "completejourney/promotion")).toMatchObject(
      {
        read: 26_724,
        inserted: 26_724,
      },
    );
  });

  test("sales of the data's weeks are the sales of its days, so the days are the store's", async () => {
    const rows = await queryRows<{ week: number; amount: string }>(
      database,
      `SELECT (date - DATE '2016-12-26') / 7 + 1 AS week, sum(total_amount) AS amount
       FROM sales_txn GROUP BY week ORDER BY week`,
    );
    const weeks = new Map<number, number>();
    for (const { week, sales_value } of source) {
      weeks.set(Number(week), (weeks.get(Number(week)) ?? 0) + cents(sales_value));
    }
    expect(Object.fromEntries(rows.map(({ week, amount }) => [week, cents(amount)]))).toEqual(
      Object.fromEntries(weeks),
    );
  });

  test("the transactions roll up", async () => {
    const outcome = await rollUpAll(database);
    expect(outcome).toMatchObject({ net_negative_days: [], zeroed: { quantity: "0", total_amount: "0.00" } });
    expect(cents(outcome.net.total_amount)).toBe(
      source.reduce((total, line) => total + cents(line.sales_value), 0),
    );
  });
});
