import { describe, expect, test } from "vitest";
import { freshDatabase } from "../support/warehouse.ts";
import { Frames, type Table } from "./support/agreement.ts";
import { column, makerOf, pricesOf, type Sales, small, sold } from "./support/scenarios.ts";

/*
 * What docs/frames.md says about series, their lags and windows, with one example each: worked out by hand, and compared with the frame
 * and its oracle.
 */

describe("the series of a frame", async () => {
  const frames = new Frames(await freshDatabase());
  const make = makerOf(frames);

  test("a series begins with its first sale, and its lags have nothing from before", async () => {
    const warehouse = small({
      products: [{ sku: "A" }, { sku: "B" }, { sku: "C" }],
      sales: [
        ...sold("S1", "A", "2024-03-01", [7, null, 5, null, 3]),
        ...sold("S1", "B", "2024-03-02", [0, null, 4, 0]),
        // No unit was ever sold: this is not a series.
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

  test("with fill: null, days without a row have no y, and windows ignore them", async () => {
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

  test("a year back over the leap day is 364 days, the same weekday; a payday that the month lacks falls on its last day", async () => {
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

  test("a store that reported a row of any product, even of 0, was open on the day", async () => {
    const warehouse = small({
      stores: [{ code: "S1" }, { code: "S2" }],
      products: [{ sku: "A" }, { sku: "B" }],
      sales: [
        // A reports 0 on the 2nd, B on the 3rd; on the 4th only another store reports.
        ...sold("S1", "A", "2024-03-01", [5, 0, null, null, 6]),
        ...sold("S1", "B", "2024-03-03", [0]),
        ...sold("S2", "A", "2024-03-01", [1, 1, 1, 0, 1]),
      ],
    });
    const of = async (series: object) => {
      const spec = { closed_days: "mask", lags: [1], series: { store: { code: "S1" }, ...series } };
      const { training } = await make(warehouse, { cutoff: "2024-03-05", horizon: 1, spec });
      return column(training, "ds", "is_store_closed", "sample_weight");
    };
    const days = [
      ["2024-03-01", false, 1],
      ["2024-03-02", false, 1],
      ["2024-03-03", false, 1],
      ["2024-03-04", true, 0],
      ["2024-03-05", false, 1],
    ];
    expect(await of({})).toEqual(days);
    expect(await of({ product: { sku: "A" } })).toEqual(days);
  });

  test("a report of 0 that was loaded after the knowledge time does not open the store", async () => {
    const warehouse = small({
      sales: [
        ...sold("S1", "A", "2024-03-01", [5]),
        ...sold("S1", "A", "2024-03-02", [0]).map((sale) => ({
          ...sale,
          created_at: "2024-04-01T00:00:00Z",
        })),
        ...sold("S1", "A", "2024-03-03", [6]),
      ],
    });
    const of = async (knownAt?: string) =>
      column(
        (await make(warehouse, { cutoff: "2024-03-03", horizon: 1, spec: { lags: [1] }, knownAt })).training,
        "is_store_closed",
      );
    expect(await of()).toEqual([false, false, false]);
    expect(await of("2024-03-20")).toEqual([false, true, false]);
  });

  test("a store is closed on a day for which it has no sales rows and counted no visitors", async () => {
    const warehouse = small({
      stores: [{ code: "S1" }, { code: "S2" }],
      products: [{ sku: "A" }, { sku: "B" }],
      sales: [
        // Closed on the 2nd and the 5th: B is sold on the 3rd, and visitors come on the 4th.
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

  test("a series that has ended is kept, trimmed or dropped", async () => {
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

  test("recursive: what reaches past the cutoff is left for the forecaster to fill step by step", async () => {
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

  test("knowledge time: only facts recorded by the end of the day, or by the moment, are used", async () => {
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
      stores: [{ code: "S1", region: "North", city: "Bern", store_type: "large" }],
      products: [{ sku: "A", category: "Dairy", brand: "Own", base_price: 4, base_cost: 2 }],
      holidays: [{ date: "2024-03-01", name: "First" }],
      sales: sold("S1", "A", "2023-03-04", [1, ...Array.from({ length: 364 }, () => null), 2]),
      traffic: [{ date: "2024-02-01", store: "S1", visitors: 4 }],
      prices: pricesOf([null, 2, "2024-03-04", null]),
    });
    const given = { warehouse, cutoff: "2024-03-03", horizon: 10, spec: undefined, knownAt: undefined };
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
