import { describe, expect, test } from "vitest";
import { freshDatabase } from "../support/warehouse.ts";
import { Frames } from "./support/agreement.ts";
import { column, makerOf, pricesOf, small, sold } from "./support/scenarios.ts";

/* What docs/frames.md says about each driver, with one example each: worked out by hand, and compared with the frame and its oracle. */

describe("the drivers of a frame", async () => {
  const frames = new Frames(await freshDatabase());
  const make = makerOf(frames);

  test("active promotions of the store and the chain are aggregated to one row", async () => {
    const promotion = { sku: "A", store: null, pct: null, amount: null };
    const warehouse = small({
      sales: sold("S1", "A", "2024-03-01", [1, 1, 1, 1, 1]),
      prices: [{ sku: "A", store: null, price: 2, from: "2024-01-01", to: "2024-03-05" }],
      promotions: [
        { ...promotion, name: "Spring", pct: 0.1, from: "2024-03-02", to: "2024-03-06" },
        { ...promotion, name: "Here", store: "S1", amount: 0.5, from: "2024-03-04", to: "2024-03-04" },
        { ...promotion, name: "Neither", store: "S1", from: "2024-03-04", to: "2024-03-05" },
      ],
    });
    const { training, future } = await make(warehouse, {
      cutoff: "2024-03-05",
      spec: { drivers: ["price", "promotion"] },
    });
    const names = ["on_promotion", "promo_count", "promo_discount_pct", "promo_discount_amount"];
    const days = ["promo_days_since_start", "promo_days_to_end", "discount_depth"];
    expect(column(training, ...names, ...days)).toEqual([
      [false, 0, 0, 0, null, null, 0],
      [true, 1, 0.1, 0, 0, 4, 0.1],
      [true, 1, 0.1, 0, 1, 3, 0.1],
      [true, 3, 0.1, 0.5, 2, 2, 0.25],
      [true, 2, 0.1, 0, 3, 1, 0.1],
    ]);
    expect(column(future, ...names, ...days)).toEqual([
      [true, 1, 0.1, 0, 4, 0, 0.1],
      [false, 0, 0, 0, null, null, 0],
    ]);
  });

  test("an amount off has no discount depth without a list price, and never more than 1", async () => {
    const amount = { sku: "A", store: null, name: "Off", pct: 0.2, amount: 3 };
    const warehouse = small({
      sales: sold("S1", "A", "2024-03-01", [1, 1, 1]),
      prices: [
        { sku: "A", store: null, price: 0, from: "2024-03-02", to: "2024-03-02" },
        { sku: "A", store: null, price: 2, from: "2024-03-03", to: "2024-03-04" },
      ],
      promotions: [{ ...amount, from: "2024-03-01", to: "2024-03-31" }],
    });
    const drivers = ["price", "promotion"];
    const { training } = await make(warehouse, { cutoff: "2024-03-03", spec: { drivers } });
    expect(column(training, "discount_depth", "relative_price")).toEqual([
      [null, null],
      [null, 0],
      [1, 0.5],
    ]);
    // Without the price driver there is no discount depth.
    const alone = await make(warehouse, { cutoff: "2024-03-03", spec: { drivers: ["promotion"] } });
    expect(alone.training.columns).not.toContain("discount_depth");
  });

  test("the store's price takes precedence over the chain's, also on the first and the last day of its window", async () => {
    const warehouse = small({
      stores: [{ code: "S1" }, { code: "S2" }],
      sales: [...sold("S1", "A", "2024-03-01", [1, 1, 1, 1]), ...sold("S2", "A", "2024-03-04", [1])],
      prices: pricesOf([null, 3, "2024-01-01", null], ["S1", 2, "2024-03-02", "2024-03-03"]),
    });
    const { training } = await make(warehouse, { cutoff: "2024-03-04", spec: { drivers: ["price"] } });
    expect(column(training, "unique_id", "list_price", "relative_price")).toEqual([
      ["S1/A", 3, 0.75],
      ["S1/A", 2, 0.5],
      ["S1/A", 2, 0.5],
      ["S1/A", 3, 0.75],
      ["S2/A", 3, 0.75],
    ]);
  });

  test("windows without an end continue, and windows that begin after the cutoff give planned prices", async () => {
    const warehouse = small({
      sales: sold("S1", "A", "2024-03-01", [1, 1]),
      prices: pricesOf([null, 3, "2024-01-01", null], ["S1", 2, "2024-03-04", null]),
    });
    const { training, future } = await make(warehouse, {
      ...{ cutoff: "2024-03-02", horizon: 3 },
      spec: { drivers: ["price"] },
    });
    expect(column(training, "list_price")).toEqual([3, 3]);
    expect(column(future, "list_price")).toEqual([3, 2, 2]);
  });

  test("a gap between prices stays, or is filled with the last price in training, but never in the future", async () => {
    const warehouse = small({
      sales: sold("S1", "A", "2024-03-01", [1, 1, 1, 1, 1]),
      prices: pricesOf(
        [null, 3, "2024-02-01", "2024-02-10"],
        ["S1", 2, "2024-02-05", "2024-02-10"],
        [null, 5, "2024-03-02", "2024-03-03"],
        ["S1", 6, "2024-03-07", null],
      ),
    });
    const given = { cutoff: "2024-03-05", horizon: 2 };
    const spec = { drivers: ["price"] };
    const names = ["list_price", "list_price_is_filled", "relative_price"];
    const left = await make(warehouse, { ...given, spec: { ...spec, price_gaps: null } });
    expect(column(left.training, ...names)).toEqual([
      [null, false, null],
      [5, false, 1.25],
      [5, false, 1.25],
      [null, false, null],
      [null, false, null],
    ]);
    const filled = await make(warehouse, { ...given, spec: { ...spec, price_gaps: "forward_fill" } });
    expect(column(filled.training, ...names)).toEqual([
      [2, true, 0.5],
      [5, false, 1.25],
      [5, false, 1.25],
      [5, true, 1.25],
      [5, true, 1.25],
    ]);
    for (const { future } of [left, filled]) {
      expect(column(future, ...names)).toEqual([
        [null, false, null],
        [6, false, 1.5],
      ]);
    }
  });

  test("a stockout masks its own day, and is a feature of later days only", async () => {
    const snapshot = { store: "S1", sku: "A", on_order: 0 };
    const warehouse = small({
      sales: sold("S1", "A", "2024-03-01", [5, 0, 4]),
      inventory: [
        { ...snapshot, date: "2024-02-29", on_hand: 9 },
        { ...snapshot, date: "2024-03-02", on_hand: 0 },
        { ...snapshot, date: "2024-03-04", on_hand: 0 },
      ],
    });
    const { training, future } = await make(warehouse, {
      ...{ cutoff: "2024-03-03", horizon: 1 },
      spec: {
        drivers: ["inventory"],
        inventory: { lags: [1], windows: [{ days: 2, stats: ["mean", "max"], lag: 1 }] },
      },
    });
    const names = [
      "on_hand_qty_lag_1",
      "is_stockout_lag_1",
      "is_stockout_mean_2_lag_1",
      "on_hand_qty_max_2_lag_1",
    ];
    expect(column(training, "is_stockout", "sample_weight", ...names)).toEqual([
      [false, 1, 9, 0, 0, 9],
      [true, 0, null, null, 0, 9],
      [false, 1, 0, 1, 1, 0],
    ]);
    expect(column(future, ...names)).toEqual([[null, null, 1, 0]]);
  });

  test("a horizon across the end of a year: ISO weeks, quarters and the holidays before and after", async () => {
    const warehouse = small({
      holidays: [
        { date: "2024-12-26", name: "Boxing Day" },
        { date: "2025-01-01", name: "New Year" },
      ],
      sales: sold("S1", "A", "2024-12-25", [1, 1, 1, 1, 1]),
    });
    const { training, future } = await make(warehouse, {
      ...{ cutoff: "2024-12-29", horizon: 4 },
      spec: { drivers: ["calendar"] },
    });
    const names = ["week_of_year", "month", "quarter", "year", "is_weekend", "is_holiday", "holiday_name"];
    const days = ["days_to_holiday", "days_since_holiday", "is_payday", "days_since_payday"];
    expect(column(training, ...days)[0]).toEqual([1, null, false, 10]);
    expect(column(future, ...names, ...days)).toEqual([
      [1, 12, 4, 2024, false, false, null, 2, 4, false, 15],
      [1, 12, 4, 2024, false, false, null, 1, 5, true, 0],
      [1, 1, 1, 2025, false, true, "New Year", 0, 0, false, 1],
      [1, 1, 1, 2025, false, false, null, null, 1, false, 2],
    ]);
  });
});
