import { describe, expect, test } from "vitest";
import { Frames, type Table } from "../support/frame-agreement.ts";
import type { Warehouse } from "../support/frame-warehouse.ts";
import { dayAfter } from "../support/frame-warehouses.ts";
import { freshDatabase } from "../support/warehouse.ts";

/*
 * What docs/frames.md says, one example each: worked out by hand here, and held against both the frame and its oracle.
 */

type Sales = Warehouse["sales"];

/** Sales of a store and product, a quantity a day at 2.00 each; null: no row. */
const sold = (store: string, sku: string, from: string, quantities: readonly (number | null)[]): Sales =>
  quantities.flatMap((quantity, index) =>
    quantity === null ? [] : [{ date: dayAfter(from, index), store, sku, quantity, amount: 2 * quantity }],
  );

/** Store S1 and product A with a base price of 4.00. */
const small = (rest: Partial<Warehouse> & { sales: Sales }): Warehouse => ({
  stores: [{ code: "S1" }],
  products: [{ sku: "A", base_price: 4 }],
  ...rest,
});

const column = ({ rows }: Pick<Table, "rows">, ...names: string[]) =>
  rows.map((row) => (names.length === 1 ? row[names[0] as string] : names.map((name) => row[name])));

describe("a frame", async () => {
  const frames = new Frames(await freshDatabase());
  /** A spec of nothing but what it is given; null is its fill and its price_gaps too. */
  const bare = (spec: object) =>
    JSON.stringify({ version: 1, lags: [], windows: [], weekday_windows: [], drivers: [], ...spec });
  const make = (
    warehouse: Warehouse,
    {
      cutoff,
      horizon = 2,
      spec = {},
      knownAt,
    }: { cutoff: string; horizon?: number; spec?: object; knownAt?: string | undefined },
  ) => frames.agree({ warehouse, cutoff, horizon, spec: bare(spec), knownAt });

  test("promotions of the store and the chain at once are one row", async () => {
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

  test("an amount off has no depth without a list price, and never more than all of it", async () => {
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
    // Without the price there is no share of it.
    const alone = await make(warehouse, { cutoff: "2024-03-03", spec: { drivers: ["promotion"] } });
    expect(alone.training.columns).not.toContain("discount_depth");
  });

  const pricesOf = (...windows: [store: string | null, price: number, from: string, to: string | null][]) =>
    windows.map(([store, price, from, to]) => ({ sku: "A", store, price, from, to }));

  test("the store's price beats the chain's, on both ends of its window too", async () => {
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

  test("windows without an end go on, and those that begin after the cutoff are planned", async () => {
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

  test("a gap between prices stays, or takes the last price in training, never in the future", async () => {
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

  test("a series begins with its first sale: nothing before it is known to its lags", async () => {
    const warehouse = small({
      products: [{ sku: "A" }, { sku: "B" }, { sku: "C" }],
      sales: [
        ...sold("S1", "A", "2024-03-01", [7, null, 5, null, 3]),
        ...sold("S1", "B", "2024-03-02", [0, null, 4, 0]),
        // Never a unit: no series.
        ...sold("S1", "C", "2024-03-02", [0, 0]),
      ],
    });
    const windows = [{ days: 3, stats: ["mean", "zero_rate", "std"], lag: 1, min_days: 2 }];
    const { training, future } = await make(warehouse, {
      ...{ cutoff: "2024-03-05", horizon: 1 },
      spec: { lags: [1, 2], windows },
    });
    const names = ["y_lag_1", "y_lag_2", "y_mean_3_lag_1", "y_zero_rate_3_lag_1", "y_std_3_lag_1"];
    expect(column(training, "unique_id", "ds", "y", "is_imputed", ...names)).toEqual([
      ["S1/A", "2024-03-01", 7, false, null, null, null, null, null],
      ["S1/A", "2024-03-02", 0, true, 7, null, null, null, null],
      ["S1/A", "2024-03-03", 5, false, 0, 7, 3.5, 0.5, expect.closeTo(Math.sqrt(24.5), 9)],
      ["S1/A", "2024-03-04", 0, true, 5, 0, 4, expect.closeTo(1 / 3, 9), expect.closeTo(Math.sqrt(13), 9)],
      [
        "S1/A",
        "2024-03-05",
        3,
        false,
        0,
        5,
        expect.closeTo(5 / 3, 9),
        expect.closeTo(2 / 3, 9),
        expect.anything(),
      ],
      ["S1/B", "2024-03-04", 4, false, null, null, null, null, null],
      ["S1/B", "2024-03-05", 0, false, 4, null, null, null, null],
    ]);
    expect(column(future, "unique_id", "ds", "horizon_step", "y_lag_1", "y_lag_2", "y_mean_3_lag_1")).toEqual(
      [
        ["S1/A", "2024-03-06", 1, 3, 0, expect.closeTo(8 / 3, 9)],
        ["S1/B", "2024-03-06", 1, 0, 4, 2],
      ],
    );
  });

  test("days without a row have no y under fill: null, and windows pass over them", async () => {
    const warehouse = small({ sales: sold("S1", "A", "2024-03-01", [6, null, 0, 3]) });
    const windows = [{ days: 3, stats: ["mean", "zero_rate"], lag: 1, min_days: 2 }];
    const { training } = await make(warehouse, {
      ...{ cutoff: "2024-03-04", horizon: 1 },
      spec: { fill: null, target: "total_amount", lags: [1], windows },
    });
    expect(
      column(training, "y", "sample_weight", "y_lag_1", "y_mean_3_lag_1", "y_zero_rate_3_lag_1"),
    ).toEqual([
      [12, 1, null, null, null],
      [null, 0, 12, null, null],
      [0, 1, null, null, null],
      [6, 1, 0, 6, 0.5],
    ]);
  });

  test("a stockout masks the day, and is known to later days only", async () => {
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

  test("a year back over the leap day is 364 days, the same weekday; paydays fall on the month's last day", async () => {
    const quantities = Array.from({ length: 366 }, (_, index) => index + 1);
    const warehouse = small({ sales: sold("S1", "A", "2023-03-01", quantities) });
    const { training, future } = await make(warehouse, {
      ...{ cutoff: "2024-02-29", horizon: 2 },
      spec: {
        ...{ lags: [2, 364], drivers: ["calendar"], paydays: [15, 30] },
        weekday_windows: [{ weeks: 2, stats: ["sum"], lag: 357, min_weeks: 2 }],
      },
    });
    const last = training.rows.slice(-2);
    const names = ["y_lag_364", "y_weekday_sum_2_lag_357", "day_of_week", "day_of_month", "is_month_end"];
    const days = ["days_to_month_end", "is_payday", "days_since_payday"];
    expect(column({ rows: last }, "ds", "y", ...names, ...days)).toEqual([
      ["2024-02-28", 365, 1, 9, 2, 28, false, 1, false, 13],
      ["2024-02-29", 366, 2, 11, 3, 29, true, 0, true, 0],
    ]);
    expect(column(future, "ds", "y_lag_2", ...names, ...days)).toEqual([
      ["2024-03-01", 365, 3, 13, 4, 1, false, 30, false, 1],
      ["2024-03-02", 366, 4, 15, 5, 2, false, 29, false, 2],
    ]);
  });

  test("a horizon across the year's end: ISO weeks, quarters and the holidays before and after", async () => {
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

  test("a day on which the store sold nothing and counted nobody is closed", async () => {
    const warehouse = small({
      stores: [{ code: "S1" }, { code: "S2" }],
      products: [{ sku: "A" }, { sku: "B" }],
      sales: [
        // Closed on the 2nd and the 5th: B sells on the 3rd, people come on the 4th.
        ...sold("S1", "A", "2024-03-01", [5, null, 0, null, null, 6]),
        ...sold("S1", "B", "2024-03-03", [1]),
        ...sold("S2", "A", "2024-03-02", [1]),
      ],
      traffic: [
        { date: "2024-03-02", store: "S1", visitors: 0 },
        { date: "2024-03-04", store: "S1", visitors: 9 },
        { date: "2024-03-05", store: "S2", visitors: 9 },
      ],
    });
    const of = async (policy: string) => {
      const spec = {
        ...{ closed_days: policy, lags: [1] },
        series: { store: { code: "S1" }, product: { sku: "A" } },
      };
      const { training } = await make(warehouse, { cutoff: "2024-03-06", horizon: 1, spec });
      return column(training, "ds", "y", "is_store_closed", "sample_weight", "y_lag_1");
    };
    const [first, last] = [
      ["2024-03-01", 5, false, 1, null],
      ["2024-03-06", 6, false, 1, 0],
    ];
    const open = [
      ["2024-03-03", 0, false, 1, 0],
      ["2024-03-04", 0, false, 1, 0],
    ];
    const closed = (weight: number) => [
      ["2024-03-02", 0, true, weight, 5],
      ["2024-03-05", 0, true, weight, 0],
    ];
    expect(await of("zero")).toEqual([first, ...closed(1), ...open, last].sort());
    expect(await of("mask")).toEqual([first, ...closed(0), ...open, last].sort());
    expect(await of("drop")).toEqual([first, ...open, last]);
  });

  test("a series that has ended goes on, is cut off or is left out", async () => {
    const warehouse = small({
      products: [{ sku: "A" }, { sku: "B" }],
      sales: [
        ...sold("S1", "A", "2024-03-01", [5, 1, 0]),
        ...sold("S1", "B", "2024-03-03", [1, null, null, 1]),
      ],
    });
    const of = async (policy: string, after_days: number) => {
      const spec = { ended: { after_days, policy } };
      const { training, future } = await make(warehouse, { cutoff: "2024-03-06", horizon: 2, spec });
      const count = (table: Table, id: string) => table.rows.filter((row) => row.unique_id === id).length;
      return [training, future].flatMap((table) => [count(table, "S1/A"), count(table, "S1/B")]);
    };
    // The last sale of A, on the 2nd, is four days before the cutoff.
    expect(await of("keep", 3)).toEqual([6, 4, 2, 2]);
    expect(await of("trim", 4)).toEqual([6, 4, 2, 2]);
    expect(await of("trim", 3)).toEqual([2, 4, 0, 2]);
    expect(await of("drop", 3)).toEqual([0, 4, 0, 2]);
  });

  test("recursive: what reaches past the cutoff is left for the forecaster, step by step", async () => {
    const warehouse = small({ sales: sold("S1", "A", "2024-03-01", [1, 2, 3, 4]) });
    const { training, future } = await make(warehouse, {
      ...{ cutoff: "2024-03-04", horizon: 3 },
      spec: {
        ...{ mode: "recursive", lags: [1, 2] },
        windows: [{ days: 2, stats: ["sum"], lag: 2, min_days: 1 }],
      },
    });
    expect(column(training, "y_lag_1", "y_lag_2", "y_sum_2_lag_2").at(-1)).toEqual([3, 2, 3]);
    expect(column(future, "horizon_step", "y_lag_1", "y_lag_2", "y_sum_2_lag_2")).toEqual([
      [1, 4, 3, 5],
      [2, null, 4, 7],
      [3, null, null, null],
    ]);
  });

  test("known at: only what had been recorded by the end of the day, or by the moment", async () => {
    const recorded = (row: Sales[number], created_at: string) => ({ ...row, created_at });
    const [one, two, three] = sold("S1", "A", "2024-03-01", [1, 2, 3]) as [Sales[0], Sales[0], Sales[0]];
    const warehouse = small({
      sales: [
        recorded(one, "2024-03-02T05:00:00Z"),
        recorded(two, "2024-03-04T23:59:59.999999Z"),
        recorded(three, "2024-03-04T06:00:00Z"),
      ],
      prices: pricesOf([null, 2, "2024-01-01", null]).map((row) => ({
        ...row,
        created_at: "2024-03-05T00:00:00Z",
      })),
    });
    const given = { cutoff: "2024-03-03", spec: { drivers: ["price"] } };
    const of = async (knownAt?: string) =>
      column((await make(warehouse, { ...given, knownAt })).training, "y", "is_imputed", "list_price");
    const day = (y: number, price: number | null, imputed = false) => [y, imputed, price];
    expect(await of()).toEqual([day(1, 2), day(2, 2), day(3, 2)]);
    expect(await of("2024-03-04")).toEqual([day(1, null), day(2, null), day(3, null)]);
    expect(await of("2024-03-04T06:00:00Z")).toEqual([day(1, null), day(0, null, true), day(3, null)]);
  });

  test("without a spec: the lags and windows that a horizon of 10 days allows, and the drivers with facts", async () => {
    const warehouse = small({
      sales: sold("S1", "A", "2024-03-01", [1, 2]),
      traffic: [{ date: "2024-03-01", store: "S1", visitors: 4 }],
      prices: pricesOf([null, 2, "2024-03-03", null]),
    });
    const given = { warehouse, cutoff: "2024-03-02", horizon: 10, spec: undefined, knownAt: undefined };
    const { training, future } = await frames.agree(given);
    const features = [
      ...["store_code", "store_region", "store_city", "store_type"],
      ...["sku", "category", "brand", "base_price", "base_cost"],
      ...["day_of_week", "day_of_month", "week_of_year", "month", "quarter", "year", "is_weekend"],
      ...["is_holiday", "holiday_name", "days_to_holiday", "days_since_holiday"],
      ...["is_month_end", "days_to_month_end", "is_payday", "days_since_payday"],
      ...["y_lag_10", "y_lag_14", "y_lag_21", "y_lag_35", "y_lag_364", "y_mean_7_lag_10"],
      ...["mean", "min", "max", "std", "zero_rate"].map((stat) => `y_${stat}_28_lag_10`),
      ...["y_mean_91_lag_10", "y_weekday_mean_4_lag_14", "visitors_lag_10", "visitors_mean_28_lag_10"],
    ];
    const masks = ["is_imputed", "is_stockout", "is_store_closed", "sample_weight"];
    expect(training.columns).toEqual(["unique_id", "ds", "y", ...masks, ...features]);
    expect(future.columns).toEqual(["unique_id", "ds", "horizon_step", ...features]);
  });
});
