import { describe, expect, test } from "vitest";
import { freshDatabase } from "../support/warehouse.ts";
import { Frames } from "./support/agreement.ts";
import { column, makerOf, pricesOf, small, sold } from "./support/scenarios.ts";

/*
 * What docs/frames.md says about weeks and months, with one example each: worked out by hand, and compared with the frame and its
 * oracle. 2024-01-01 is a Monday.
 */

const week = { freq: "week" } as const;
const month = { freq: "month" } as const;
/** As many days of the same quantity. */
const each = (quantity: number | null, days: number) => Array.from({ length: days }, () => quantity);

describe("which periods a frame has", async () => {
  const frames = new Frames(await freshDatabase());
  const make = makerOf(frames);

  test("weeks over the end of a year of 53 weeks", async () => {
    const warehouse = small({ sales: sold("S1", "A", "2026-12-21", [...each(1, 7), ...each(2, 7)]) });
    const spec = { ...week, mode: "recursive", lags: [1], drivers: ["calendar"] };
    const { training, future } = await make(warehouse, { cutoff: "2027-01-03", horizon: 2, spec });
    const names = ["ds", "week_of_year", "month", "quarter", "year", "y_lag_1"];
    expect(column(training, "y", ...names)).toEqual([
      [7, "2026-12-21", 52, 12, 4, 2026, null],
      [14, "2026-12-28", 53, 12, 4, 2026, 7],
    ]);
    expect(column(future, "horizon_step", ...names)).toEqual([
      [1, "2027-01-04", 1, 1, 1, 2027, 14],
      [2, "2027-01-11", 2, 1, 1, 2027, null],
    ]);
  });

  test("weeks that start on Sunday: their number is that of the ISO week of the Sunday", async () => {
    // From Sunday 31 December on: days 1 to 7, then 8 to 14.
    const quantities = Array.from({ length: 14 }, (_, index) => index + 1);
    const warehouse = small({ sales: sold("S1", "A", "2023-12-31", quantities) });
    const spec = { ...week, week_start: "sunday", drivers: ["calendar"] };
    const { training } = await make(warehouse, { cutoff: "2024-01-13", horizon: 1, spec });
    expect(column(training, "ds", "y", "week_of_year", "year")).toEqual([
      ["2023-12-31", 28, 52, 2023],
      ["2024-01-07", 77, 1, 2024],
    ]);
    // Of weeks that start on Monday the first is not complete, and neither is the last one.
    const monday = await make(warehouse, {
      cutoff: "2024-01-13",
      horizon: 1,
      spec: { ...week, drivers: [] },
    });
    expect(column(monday.training, "ds", "y")).toEqual([["2024-01-01", 2 + 3 + 4 + 5 + 6 + 7 + 8]]);
  });

  test("months of 31, 29, 31, 30 and 28 days", async () => {
    const warehouse = small({ sales: sold("S1", "A", "2024-01-01", each(1, 366 + 31 + 28)) });
    const spec = { ...month, lags: [1, 12], drivers: ["calendar"] };
    const { training, future } = await make(warehouse, { cutoff: "2025-02-28", horizon: 1, spec });
    const of = (index: number) => column({ rows: [training.rows[index] ?? {}] }, ...names)[0];
    const names = ["ds", "y", "days_in_month", "weekend_days", "y_lag_1", "y_lag_12"];
    expect([0, 1, 2, 3, 13].map(of)).toEqual([
      ["2024-01-01", 31, 31, 8, null, null],
      ["2024-02-01", 29, 29, 8, 31, null],
      ["2024-03-01", 31, 31, 10, 29, null],
      ["2024-04-01", 30, 30, 8, 31, null],
      ["2025-02-01", 28, 28, 8, 31, 29],
    ]);
    expect(column(future, "ds", "days_in_month", "y_lag_1", "y_lag_12")).toEqual([
      ["2025-03-01", 31, 28, 31],
    ]);
    expect(training.columns).not.toContain("week_of_year");
    expect(training.columns).not.toContain("is_payday");
  });

  test("a product that is launched within a week begins with that week; a warehouse that begins within one, with the next", async () => {
    const warehouse = small({
      products: [{ sku: "A" }, { sku: "B" }, { sku: "C" }],
      // From a Wednesday on.
      sales: [
        ...sold("S1", "A", "2024-01-03", [...each(1, 5), ...each(2, 14)]),
        ...sold("S1", "B", "2024-01-21", [9]),
        ...sold("S1", "C", "2024-01-04", [5]),
      ],
      traffic: [
        { store: "S1", date: "2024-01-05", visitors: 50 },
        { store: "S1", date: "2024-01-08", visitors: 3 },
        { store: "S1", date: "2024-01-14", visitors: 4 },
        { store: "S1", date: "2023-12-31", visitors: 70 },
      ],
      inventory: [{ store: "S1", sku: "A", date: "2024-01-06", on_hand: 5, on_order: 1 }],
    });
    const spec = {
      ...{ ...week, lags: [1], drivers: ["inventory", "traffic"] },
      ...{ inventory: { lags: [1], windows: [] }, traffic: { lags: [1, 2], windows: [] } },
    };
    const { training } = await make(warehouse, { cutoff: "2024-01-21", horizon: 1, spec });
    const lags = ["y_lag_1", "on_hand_qty_lag_1", "visitors_lag_1", "visitors_lag_2"];
    expect(column(training, "unique_id", "ds", "y", "sample_weight", ...lags)).toEqual([
      // Neither sales nor other facts of the week that is left out are used; those of the week before are.
      ["S1/A", "2024-01-08", 14, 1, null, null, null, 70],
      ["S1/A", "2024-01-15", 14, 1, 14, null, 7, null],
      ["S1/B", "2024-01-15", 9, 1, null, null, 7, null],
      // It was sold in the first week only: from the second one on, nothing was.
      ["S1/C", "2024-01-08", 0, 1, null, null, null, 70],
      ["S1/C", "2024-01-15", 0, 1, 0, null, 7, null],
    ]);
  });

  test("rows that are the sums of weeks, on the last day of each or within it, are whole weeks from the first one on", async () => {
    const sundays = sold("S1", "A", "2024-01-07", [10, ...each(null, 6), 20, ...each(null, 6), 30]);
    const ends = await make(small({ sales: sundays }), { cutoff: "2024-01-21", horizon: 1, spec: week });
    expect(column(ends.training, "ds", "y")).toEqual([
      ["2024-01-01", 10],
      ["2024-01-08", 20],
      ["2024-01-15", 30],
    ]);
    const wednesdays = small({ sales: sold("S1", "A", "2024-01-03", [10, ...each(null, 6), 20]) });
    // Any day of the week of the last row, and its end: there are no sales of days that could be missing.
    for (const cutoff of ["2024-01-14", "2024-01-13"]) {
      const { training } = await make(wednesdays, { cutoff, horizon: 1, spec: week });
      const whole = [["2024-01-01", 10]];
      expect(column(training, "ds", "y")).toEqual(
        cutoff === "2024-01-14" ? [...whole, ["2024-01-08", 20]] : whole,
      );
    }
    const beyond = { cutoff: "2024-01-15", horizon: 1, spec: { ...nothing, ...week } };
    await expect(
      frames.make({ ...beyond, spec: JSON.stringify(beyond.spec), knownAt: undefined }),
    ).rejects.toMatchObject({
      code: "FRAME_CUTOFF_OUTSIDE",
      message: expect.stringContaining("to 2024-01-14"),
    });
  });

  test("rows that are the sums of months, on their last days", async () => {
    const sales = ["2023-12-29", "2024-01-31", "2024-02-29", "2024-03-28"].map((date, index) => ({
      ...{ store: "S1", sku: "A", date, quantity: index + 1, amount: 1 },
    }));
    const { training } = await make(small({ sales }), { cutoff: "2024-03-31", horizon: 1, spec: month });
    expect(column(training, "ds", "y")).toEqual([
      ["2023-12-01", 1],
      ["2024-01-01", 2],
      ["2024-02-01", 3],
      ["2024-03-01", 4],
    ]);
  });

  test("a cutoff within a week uses facts up to the week before", async () => {
    const warehouse = small({
      sales: sold("S1", "A", "2024-01-01", [...each(1, 7), ...each(100, 7)]),
      traffic: [
        { store: "S1", date: "2024-01-07", visitors: 7 },
        { store: "S1", date: "2024-01-08", visitors: 800 },
      ],
    });
    const spec = { ...week, lags: [1], drivers: ["traffic"], traffic: { lags: [1], windows: [] } };
    const { training, future, manifest } = (await make(warehouse, {
      ...{ cutoff: "2024-01-13", horizon: 1, spec },
    })) as Awaited<ReturnType<typeof frames.make>>;
    expect(column(training, "ds", "y")).toEqual([["2024-01-01", 7]]);
    expect(column(future, "ds", "y_lag_1", "visitors_lag_1")).toEqual([["2024-01-08", 7, 7]]);
    expect(manifest).toMatchObject({ cutoff: "2024-01-13", known_until: "2024-01-07" });
  });

  test.for([
    // Sales of days end on Saturday: the week may go on.
    ["a cutoff after the last sale, in its week", "2024-01-21", week, "FRAME_CUTOFF_OUTSIDE"],
    ["a cutoff in the first week", "2024-01-06", week, "FRAME_PERIOD_INCOMPLETE"],
    ["the end of a first week that is not complete", "2024-01-07", week, "FRAME_PERIOD_INCOMPLETE"],
    ["a cutoff in the first month", "2024-01-20", month, "FRAME_PERIOD_INCOMPLETE"],
  ] as const)("%s is refused", async ([, cutoff, freq, code]) => {
    const warehouse = small({ sales: sold("S1", "A", "2024-01-03", each(1, 18)) });
    await make(warehouse, { cutoff, horizon: 1, spec: freq });
    const spec = JSON.stringify({ ...nothing, ...freq });
    await expect(frames.make({ cutoff, horizon: 1, spec, knownAt: undefined })).rejects.toMatchObject({
      code,
    });
  });

  test("facts that were loaded later are in no week", async () => {
    const late = { created_at: "2024-01-09T00:00:00Z" };
    const warehouse = small({
      sales: [
        ...sold("S1", "A", "2024-01-01", [1, 1, 1, 1, 1, 1, 1, 5]),
        ...sold("S1", "A", "2023-12-28", [1]).map((row) => ({ ...row, ...late })),
      ],
      prices: [
        ...pricesOf(["S1", 9, "2024-01-01", null]).map((row) => ({ ...row, ...late })),
        ...pricesOf([null, 4, "2024-01-01", null]),
      ],
    });
    const spec = { ...week, drivers: ["price"] };
    const of = (knownAt: string) => make(warehouse, { cutoff: "2024-01-07", horizon: 1, spec, knownAt });
    const names = ["ds", "y", "list_price"];
    expect(column((await of("2024-01-08")).training, ...names)).toEqual([["2024-01-01", 7, 4]]);
    expect(column((await of("2024-01-09")).training, ...names)).toEqual([["2024-01-01", 7, 9]]);
  });
});

/** As in scenarios. */
const nothing = { version: 1, lags: [], windows: [], weekday_windows: [], drivers: [] };

describe("how days make a period", async () => {
  const frames = new Frames(await freshDatabase());
  const make = makerOf(frames);

  test("with fill: null, a week without a row has no y, and windows ignore it", async () => {
    const warehouse = small({
      sales: sold("S1", "A", "2024-01-01", [5, ...each(null, 13), 2, 0, 0, 0, 0, 0, 1]),
    });
    const windows = [{ weeks: 2, stats: ["mean", "zero_rate"], lag: 1, min_weeks: 1 }];
    const { training } = await make(warehouse, {
      ...{ cutoff: "2024-01-21", horizon: 1 },
      spec: { ...week, fill: null, lags: [1], windows },
    });
    const names = ["y", "is_imputed", "sample_weight", "y_lag_1", "y_mean_2_lag_1", "y_zero_rate_2_lag_1"];
    expect(column(training, ...names)).toEqual([
      [5, false, 1, null, null, null],
      [null, true, 0, 5, 5, 0],
      [3, false, 1, null, 5, 0],
    ]);
  });

  test("weights are shares of days: with stock, and with closed_days: mask those that are open", async () => {
    const snapshot = (date: string, on_hand: number) => ({
      store: "S1",
      sku: "A",
      date,
      on_hand,
      on_order: 0,
    });
    const visitors = (date: string, count: number) => ({ store: "S1", date, visitors: count });
    const warehouse = small({
      sales: sold("S1", "A", "2024-01-01", [4, 4, 0, ...each(null, 11), ...each(1, 7)]),
      inventory: [
        ...[snapshot("2024-01-01", 3), snapshot("2024-01-02", 0), snapshot("2024-01-03", 5)],
        ...[snapshot("2024-01-04", 0), snapshot("2024-01-16", 0), snapshot("2024-01-18", 2)],
        snapshot("2024-01-19", 2),
      ],
      // Open without a sale on Thursday, closed on Friday.
      traffic: [visitors("2024-01-04", 10), visitors("2024-01-05", 0)],
    });
    const of = async (closed_days: string) => {
      const spec = { ...week, closed_days };
      const { training } = await make(warehouse, { cutoff: "2024-01-21", horizon: 1, spec });
      return column(training, "ds", "is_stockout", "is_store_closed", "sample_weight");
    };
    const third = expect.closeTo(2 / 3, 12);
    expect(await of("zero")).toEqual([
      ["2024-01-01", true, false, 0.5],
      ["2024-01-08", false, true, 1],
      ["2024-01-15", true, false, third],
    ]);
    expect(await of("mask")).toEqual([
      ["2024-01-01", true, false, expect.closeTo((0.5 * 4) / 7, 12)],
      ["2024-01-08", false, true, 0],
      ["2024-01-15", true, false, third],
    ]);
    expect(await of("drop")).toEqual([
      ["2024-01-01", true, false, 0.5],
      ["2024-01-15", true, false, third],
    ]);
  });

  test("an ended series is counted up to the last known day, and trimmed after the week of its last sale", async () => {
    const warehouse = small({
      products: [{ sku: "A" }, { sku: "B" }],
      sales: [
        ...sold("S1", "A", "2024-01-01", each(1, 24)),
        ...sold("S1", "B", "2024-01-01", [...each(0, 8), 5, ...each(0, 10)]),
      ],
    });
    const of = async (after_days: number, policy: string) => {
      // A Wednesday: known until Sunday, 12 days after the last sale of B.
      const spec = { ...week, ended: { after_days, policy } };
      const { training, future } = await make(warehouse, { cutoff: "2024-01-24", horizon: 1, spec });
      const ids = (rows: typeof training.rows) =>
        rows.filter((row) => row.unique_id === "S1/B").map((row) => row.ds);
      return [ids(training.rows), ids(future.rows)];
    };
    const [second, third, fourth] = ["2024-01-08", "2024-01-15", "2024-01-22"];
    expect(await of(12, "trim")).toEqual([[second, third], [fourth]]);
    expect(await of(11, "trim")).toEqual([[second], []]);
    expect(await of(11, "drop")).toEqual([[], []]);
    expect(await of(11, "keep")).toEqual([[second, third], [fourth]]);
  });

  test("the list price is the mean of the days that have one; a filled one is that of the last day that had", async () => {
    const warehouse = small({
      sales: sold("S1", "A", "2024-01-01", each(1, 14)),
      prices: pricesOf(
        [null, 2, "2024-01-01", "2024-01-03"],
        ["S1", 5, "2024-01-03", "2024-01-04"],
        [null, 3, "2024-01-15", "2024-01-15"],
        [null, 6, "2024-01-21", "2024-01-21"],
      ),
    });
    const of = async (price_gaps: string) => {
      const spec = { ...week, drivers: ["price"], price_gaps };
      const { training, future } = await make(warehouse, { cutoff: "2024-01-14", horizon: 2, spec });
      const names = ["list_price", "list_price_is_filled", "relative_price"];
      return [column(training, ...names), column(future, ...names)];
    };
    const future = [
      [4.5, false, 1.125],
      [null, false, null],
    ];
    // 2, 2, 5 and 5.
    const own = [3.5, false, 0.875];
    expect(await of("null")).toEqual([[own, [null, false, null]], future]);
    expect(await of("forward_fill")).toEqual([[own, [5, true, 1.25]], future]);
  });

  test("promotions across the ends of weeks count in each, and days of several once", async () => {
    const promotion = { sku: "A", store: null, pct: null, amount: null };
    const warehouse = small({
      sales: sold("S1", "A", "2024-01-01", each(1, 14)),
      prices: pricesOf([null, 2, "2024-01-08", "2024-01-08"], [null, 4, "2024-01-09", "2024-01-31"]),
      promotions: [
        { ...promotion, name: "Over", pct: 0.2, from: "2024-01-06", to: "2024-01-09" },
        { ...promotion, name: "Day", store: "S1", amount: 2, from: "2024-01-09", to: "2024-01-09" },
        { ...promotion, name: "Late", pct: 0.1, from: "2024-01-14", to: "2024-01-15" },
      ],
    });
    const spec = { ...week, drivers: ["price", "promotion"] };
    const { training, future } = await make(warehouse, { cutoff: "2024-01-14", horizon: 2, spec });
    const names = [
      "on_promotion",
      "promo_count",
      "promo_discount_pct",
      "promo_discount_amount",
      "promo_days",
    ];
    expect(column(training, ...names, "discount_depth")).toEqual([
      [true, 1, 0.2, 0, 2, 0.2],
      // 2 off the mean price of 26 / 7.
      [true, 3, 0.2, 2, 3, expect.closeTo(14 / 26, 12)],
    ]);
    expect(column(future, ...names, "discount_depth")).toEqual([
      [true, 1, 0.1, 0, 1, 0.1],
      [false, 0, 0, 0, 0, 0],
    ]);
  });

  test("stock is that of the last snapshot, visitors and rain are summed, and means of the weather rounded to two places", async () => {
    const stock = { store: "S1", sku: "A" };
    const warehouse = small({
      sales: sold("S1", "A", "2024-01-01", each(1, 14)),
      inventory: [
        { ...stock, date: "2024-01-02", on_hand: 0, on_order: 9 },
        { ...stock, date: "2024-01-03", on_hand: 0, on_order: 8 },
        { ...stock, date: "2024-01-05", on_hand: 6, on_order: 0 },
      ],
      traffic: [
        { store: "S1", date: "2024-01-01", visitors: 4 },
        { store: "S1", date: "2024-01-07", visitors: 5 },
      ],
      weather: [
        {
          ...{ store: "S1", date: "2024-01-01", temperature: 0.01, coldest: -3, warmest: 4, rain: 1.25 },
          ...{ humidity: 33.33, wind: null },
        },
        {
          ...{ store: "S1", date: "2024-01-03", temperature: 0.02, coldest: -1, warmest: 9, rain: null },
          ...{ humidity: 33.33, wind: 2 },
        },
        {
          ...{ store: "S1", date: "2024-01-09", temperature: -0.01, coldest: null, warmest: null, rain: 0.5 },
          ...{ humidity: 50, wind: null },
        },
        {
          ...{ store: "S1", date: "2024-01-10", temperature: -0.02, coldest: null, warmest: 1, rain: 0.75 },
          ...{ humidity: 50.01, wind: null },
        },
      ],
    });
    const history = { lags: [1], windows: [] };
    const spec = {
      ...{ ...week, drivers: ["inventory", "traffic", "weather"] },
      inventory: { lags: [1], windows: [{ weeks: 3, stats: ["mean"], lag: 1 }] },
      ...{ traffic: history, weather: history },
    };
    const { training, future } = await make(warehouse, { cutoff: "2024-01-14", horizon: 1, spec });
    const stocks = [
      "on_hand_qty_lag_1",
      "on_order_qty_lag_1",
      "stockout_days_lag_1",
      "stockout_days_mean_3_lag_1",
    ];
    const skies = ["temperature_avg_c", "temperature_min_c", "temperature_max_c", "precipitation_mm"];
    const air = ["humidity_avg_pct", "wind_beaufort"];
    const observed = [...skies, ...air].map((name) => `${name}_lag_1`);
    const rows = { rows: [...training.rows.slice(1), ...future.rows] };
    expect(column(rows, ...stocks, "visitors_lag_1")).toEqual([
      [6, 0, 2, 2, 9],
      // The mean is over the weeks that have a snapshot.
      [null, null, null, 2, null],
    ]);
    expect(column(rows, ...observed)).toEqual([
      [0.02, -3, 9, 1.25, 33.33, 2],
      [-0.02, null, 1, 1.25, 50.01, null],
    ]);
  });

  test("a week has the holidays and paydays of its days", async () => {
    const warehouse = small({
      holidays: [
        { date: "2024-02-20", name: "Tuesday" },
        { date: "2024-02-28", name: null },
        { date: "2024-03-02", name: "Saturday" },
        { date: "2024-03-03", name: "Sunday" },
      ],
      sales: sold("S1", "A", "2024-02-19", each(1, 14)),
    });
    const spec = { ...week, drivers: ["calendar"], paydays: [30] };
    const { training, future } = await make(warehouse, { cutoff: "2024-03-03", horizon: 1, spec });
    const names = ["is_holiday", "holiday_count", "holiday_name", "days_to_holiday", "days_since_holiday"];
    expect(column(training, ...names, "is_payday")).toEqual([
      [true, 1, "Tuesday", 1, null, false],
      // The 30th of a leap February is the 29th.
      [true, 3, "Saturday", 2, 6, true],
    ]);
    expect(column(future, ...names, "is_payday")).toEqual([[false, 0, null, null, 1, false]]);
  });
});
