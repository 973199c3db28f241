import { beforeAll, describe, expect, test } from "vitest";
import { fillDays } from "../examples/support/examples.ts";
import { query } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { Frames } from "./support/agreement.ts";
import { column } from "./support/scenarios.ts";

/* Values that the schema allows and nobody expects: days at infinity, amounts that are not a number, large equal amounts. */

describe("a frame of awkward values", async () => {
  const database = await freshDatabase();
  const frames = new Frames(database);
  const nothing = { version: 1, lags: [], windows: [], weekday_windows: [], drivers: [] };
  const make = (cutoff: string, spec: object) =>
    frames.make({ cutoff, horizon: 2, spec: JSON.stringify({ ...nothing, ...spec }), knownAt: undefined });

  beforeAll(async () => {
    await fillDays(database, "2024-01-01", "2024-12-31", "GB");
    await query(
      database,
      `INSERT INTO store (code, name) VALUES ('S1', 'One');
       INSERT INTO product (sku, name, base_price) VALUES ('A', 'A', 10);
       INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
       SELECT d, 1, 1, 1, 1, CASE d WHEN '2024-02-10' THEN 'NaN' ELSE 358752.77 END
       FROM generate_series(date '2024-01-01', date '2024-02-12', interval '1 day') AS d;
       INSERT INTO price_history (product_id, price, valid_from, valid_to)
       VALUES (1, 10, '-infinity', '2024-02-05'), (1, 'NaN', '2024-02-06', '2024-02-08'), (1, 20, '2024-02-12', 'infinity');
       INSERT INTO promotion (product_id, name, discount_pct, start_date, end_date)
       VALUES (1, 'Ever', 0.1, '2024-02-11', 'infinity')`,
    );
  });

  test("windows that begin or end at infinity are open", async () => {
    const { training, future } = await make("2024-02-12", { drivers: ["price", "promotion", "calendar"] });
    const prices = column(training, "list_price");
    expect([prices[0], prices.at(35), prices.at(36), prices.at(-1)]).toEqual([10, 10, null, 20]);
    expect(column(training, "on_promotion").slice(-3)).toEqual([false, true, true]);
    expect(column(future, "list_price", "promo_days_since_start", "discount_depth")).toEqual([
      [20, 2, 0.1],
      [20, 3, 0.1],
    ]);
  });

  test("a price that is not a number is missing, and a gap is filled with the last price that is one", async () => {
    const { training } = await make("2024-02-12", { drivers: ["price"], price_gaps: "forward_fill" });
    const names = ["list_price", "list_price_is_filled"];
    expect(column(training, ...names).slice(35)).toEqual([
      [10, false],
      ...Array.from({ length: 6 }, () => [10, true]),
      [20, false],
    ]);
  });

  test("an amount that is not a number is missing, and not 0", async () => {
    const { training } = await make("2024-02-12", { target: "total_amount" });
    expect(column(training, "y", "is_imputed", "sample_weight").slice(-3)).toEqual([
      [null, false, 0],
      [358752.77, false, 1],
      [358752.77, false, 1],
    ]);
  });

  test("the same amount every day has a standard deviation of 0, however large it is", async () => {
    const { future } = await make("2024-02-08", {
      target: "total_amount",
      windows: [{ days: 28, stats: ["std"], lag: 2 }],
      weekday_windows: [{ weeks: 4, stats: ["std"], lag: 7 }],
    });
    expect(column(future, "y_std_28_lag_2", "y_weekday_std_4_lag_7")).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test("windows of the maximum length are computed", async () => {
    const { future } = await make("2024-02-08", {
      windows: [{ days: 10_000, stats: ["mean", "std"], lag: 2, min_days: 2 }],
      weekday_windows: [{ weeks: 520, stats: ["mean", "std"], lag: 7, min_weeks: 2 }],
    });
    expect(column(future, "y_mean_10000_lag_2", "y_weekday_mean_520_lag_7")).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});
