import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Database, withClient } from "../../src/database/connection.ts";
import {
  frameReadiness,
  parseSpec,
  type ReadinessReport,
  readinessReasons,
  resolveSpec,
} from "../../src/frame/index.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { Frames } from "./support/agreement.ts";
import { oracleReadiness } from "./support/oracle-readiness.ts";
import { frameCases } from "./support/requests.ts";
import { pricesOf, type Sales, small, sold } from "./support/scenarios.ts";
import { fillWarehouse, type Warehouse } from "./support/warehouse.ts";
import { dayAfter, warehouses } from "./support/warehouses.ts";

/* Which series are ready. The reasons are worked out by hand; the figures are compared with an oracle in SQL and with the frame itself. */

const runs = Number(process.env.FORECASTLAB_TEST_RUNS ?? 25);

/** The counts of the manifest, from the series. */
function countsOf({ series }: ReadinessReport) {
  const of = (status: string) => series.filter((one) => one.status === status).length;
  const reasons = readinessReasons.map(({ code }) => ({
    reason: code,
    series: series.filter((one) => one.reasons.some((reason) => reason.code === code)).length,
  }));
  return {
    ...{ fit: of("fit"), fit_with_limits: of("fit_with_limits"), not_yet: of("not_yet") },
    reasons: reasons.filter(({ series }) => series > 0),
  };
}

describe("the readiness of series", async () => {
  const database = await freshDatabase();
  const frames = new Frames(database);

  test("has the figures, the status and the reasons of an oracle, for any warehouse and spec", async () => {
    const seen = new Set<string>();
    const agree = async ({ warehouse, cutoff, horizon, spec, knownAt }: Drawn<typeof frameCases>) => {
      const parsed = spec === undefined ? undefined : parseSpec(spec, "test.yaml");
      const expected = await withClient(database, async (client) => {
        await fillWarehouse(client, warehouse);
        return oracleReadiness(client, { cutoff, horizon, spec: resolveSpec(parsed, horizon), knownAt });
      });
      const report = await frameReadiness(database, { cutoff, horizon, spec: parsed, knownAt }).catch(
        (error: { code?: string }) => {
          if (error.code === undefined || expected.length > 0) throw error;
        },
      );
      if (report === undefined) return;
      const { series, readiness } = report;
      const shown = series.map(({ reasons, ...row }) => ({ ...row, codes: reasons.map(({ code }) => code) }));
      expect(shown).toEqual(expected.map((row) => ({ ...row, adi: near(row.adi), cv2: near(row.cv2) })));
      expect(readiness).toEqual(countsOf(report));
      for (const { codes } of shown) for (const code of codes) seen.add(code);
    };
    await fc.assert(fc.asyncProperty(frameCases, agree), { numRuns: runs });
    expect(seen.size).toBeGreaterThan(5);
  }, 300_000);

  test("is that of the rows of the frame, in any grain, and its counts are those of the manifest", async () => {
    const asked = fc.record({
      small: warehouses,
      freq: fc.constantFrom("day", "week", "month"),
      horizon: fc.integer({ min: 1, max: 9 }),
      target: fc.constantFrom("quantity", "total_amount"),
      fill: fc.constantFrom("zero", null),
      closed_days: fc.constantFrom("zero", "mask", "drop"),
      blockPeriods: fc.constantFrom(1, 60, undefined),
    });
    const agree = async ({ small, horizon, blockPeriods, ...options }: Drawn<typeof asked>) => {
      const { warehouse } = small;
      const days = warehouse.sales.map(({ date }) => date).sort();
      const cutoff = days.at(-1);
      if (cutoff === undefined || dayAfter(days[0] as string, 40) > cutoff) return;
      await withClient(database, (client) => fillWarehouse(client, warehouse));
      const spec = JSON.stringify({ version: 1, ...options });
      const definition = { cutoff, horizon, spec: parseSpec(spec, "test.yaml") };
      const report = await frameReadiness(database, definition).catch((error: { code?: string }) => {
        if (!/^FRAME_/.test(error.code ?? "")) throw error;
      });
      if (report === undefined) return;
      const { training, future, manifest } = await frames.make({
        cutoff,
        horizon,
        spec,
        knownAt: undefined,
        blockPeriods,
      });
      expect(report.readiness).toEqual(manifest.readiness);
      expect(report.readiness).toEqual(countsOf(report));
      expect(report.series).toHaveLength(manifest.counts.series);
      for (const one of report.series) {
        const rows = training.rows.filter(({ unique_id }) => unique_id === one.unique_id);
        const observed = rows
          .filter(({ sample_weight }) => Number(sample_weight) > 0)
          .map(({ y }) => Number(y));
        const demands = observed.filter((y) => y > 0);
        const later = future.rows.filter(({ unique_id }) => unique_id === one.unique_id);
        const share = (part: number) => (rows.length === 0 ? 0 : part / rows.length);
        expect(one).toMatchObject({
          periods: rows.length,
          sales_periods: rows.filter(({ y }) => Number(y) > 0).length,
          observed_periods: observed.length,
          imputed_share: share(rows.filter(({ is_imputed }) => is_imputed).length),
          censored_share: share(rows.filter(({ is_stockout }) => is_stockout).length),
          adi: demands.length === 0 ? null : near(observed.length / demands.length),
          cv2: near(cv2Of(demands)),
          priced_share: future.columns.includes("list_price")
            ? later.filter(({ list_price }) => list_price !== null).length / horizon
            : null,
        });
      }
    };
    await fc.assert(fc.asyncProperty(asked, agree), { numRuns: runs });
  }, 300_000);
});

type Drawn<T> = T extends fc.Arbitrary<infer Value> ? Value : never;

const near = (value: number | null) =>
  value === null
    ? null
    : value === 0
      ? 0
      : expect.toSatisfy((actual: number) => Math.abs(actual / value - 1) < 1e-9);

/** As statistics define it, in two passes. */
function cv2Of(demands: readonly number[]): number | null {
  if (demands.length < 2) return demands.length === 0 ? null : 0;
  const mean = demands.reduce((sum, y) => sum + y, 0) / demands.length;
  const squares = demands.reduce((sum, y) => sum + (y - mean) ** 2, 0);
  return demands.every((y) => y === demands[0]) ? 0 : squares / (demands.length - 1) / mean ** 2;
}

describe("a series", async () => {
  const database: Database = await freshDatabase();
  /** The readiness of S1/A on day 100 of the warehouse, 2024-04-09, with a horizon of 7 days. */
  async function readinessOf(warehouse: Warehouse, spec: object = {}, horizon = 7, cutoff = "2024-04-09") {
    await withClient(database, (client) => fillWarehouse(client, warehouse));
    const text = JSON.stringify({ version: 1, ...spec });
    const definition = { cutoff, horizon, spec: parseSpec(text, "test.yaml") };
    const { series, readiness } = await frameReadiness(database, definition);
    const one = series.find(({ unique_id }) => unique_id === "S1/A");
    if (one === undefined) throw new Error("there is no S1/A");
    return { ...one, readiness };
  }
  const start = "2024-01-01";
  const days = (quantityOf: (day: number) => number | null, from = 0): Sales =>
    sold(
      "S1",
      "A",
      dayAfter(start, from),
      Array.from({ length: 100 - from }, (_, day) => quantityOf(day)),
    );
  /** Another product that makes the store open, and the warehouse begin on the first day. */
  const other = sold(
    "S1",
    "B",
    start,
    Array.from({ length: 100 }, (_, day) => 5 + (day % 2)),
  );
  const withOther = (sales: Sales, rest: Partial<Warehouse> = {}) =>
    small({ products: [{ sku: "A" }, { sku: "B" }], ...rest, sales: [...sales, ...other] });
  const reasons = async (...given: Parameters<typeof readinessOf>) => {
    const { status, reasons } = await readinessOf(...given);
    return [status, ...reasons.map(({ text }) => text)];
  };

  test("with a steady demand of 100 days is fit", async () => {
    const { readiness, ...one } = await readinessOf(withOther(days((day) => 4 + (day % 3))));
    expect(one).toEqual({
      ...{ unique_id: "S1/A", status: "fit", reasons: [], periods: 100, sales_periods: 100 },
      ...{ observed_periods: 100, imputed_share: 0, censored_share: 0, demand_class: "smooth", adi: 1 },
      // 34 fours, 33 fives and 33 sixes: the mean is 4.99, the sum of squared deviations 66.99.
      cv2: expect.closeTo(66.99 / 99 / 4.99 ** 2, 9),
      ...{ last_sale: "2024-04-09", priced_share: null },
    });
    expect(readiness).toEqual({ fit: 2, fit_with_limits: 0, not_yet: 0, reasons: [] });
  });

  test("with much variation is erratic and fit", async () => {
    const one = await readinessOf(withOther(days((day) => (day % 5 === 0 ? 20 : 2))));
    expect(one).toMatchObject({ status: "fit", demand_class: "erratic", reasons: [] });
  });

  test("that is too young for the horizon: short_history", async () => {
    const young = withOther(days((day) => 4 + (day % 3), 88));
    const { status, reasons } = await readinessOf(young, {}, 28);
    expect([status, reasons]).toEqual([
      "not_yet",
      [
        {
          code: "short_history",
          text: "12 days of history, 56 needed: 44 more, or a shorter horizon",
          value: 12,
          needed: 56,
        },
      ],
    ]);
    // 14 days are enough for a horizon of up to 7.
    const twoWeeks = withOther(days((day) => 4 + (day % 3), 86));
    expect((await readinessOf(twoWeeks)).status).toBe("fit");
    expect((await readinessOf(twoWeeks, {}, 8)).reasons).toMatchObject([{ value: 14, needed: 16 }]);
  });

  test("that was never sold for money: no_sale", async () => {
    const free = days(() => 2).map((sale) => ({ ...sale, amount: 0 }));
    expect(await reasons(withOther(free), { target: "total_amount" })).toEqual([
      "not_yet",
      "y is 0 in all of 100 days, 2 days with a sale needed: wait for sales, or check the target",
    ]);
  });

  test("that was sold on one day: single_sale", async () => {
    expect(await reasons(withOther(days((day) => (day === 40 ? 3 : 0), 20)))).toEqual([
      "not_yet",
      "1 day with a sale, 2 needed: wait for the next sale",
    ]);
  });

  test("that is nearly always out of stock: few_observed, and censored", async () => {
    const inventory = Array.from({ length: 88 }, (_, day) => ({
      ...{ date: dayAfter(start, day), store: "S1", sku: "A", on_hand: 0, on_order: 0 },
    }));
    expect(
      await reasons(
        withOther(
          days((day) => 4 + (day % 3)),
          { inventory },
        ),
      ),
    ).toEqual([
      "not_yet",
      "12 of 100 days have a weight above 0, 14 needed: the others are stockouts, closed or without y",
      "88 % of the days have a stockout, at most 10 %: demand was higher than y; fit with sample_weight",
    ]);
  });

  test("that is sometimes out of stock: censored, from more than a tenth on", async () => {
    const out = (of: number) =>
      Array.from({ length: of }, (_, day) => ({
        ...{ date: dayAfter(start, 2 * day), store: "S1", sku: "A", on_hand: 0, on_order: 0 },
      }));
    const sales = days((day) => 4 + (day % 3));
    expect((await readinessOf(withOther(sales, { inventory: out(10) }))).status).toBe("fit");
    const { reasons, censored_share } = await readinessOf(withOther(sales, { inventory: out(11) }));
    expect([reasons, censored_share]).toMatchObject([[{ code: "censored", value: 0.11, needed: 0.1 }], 0.11]);
  });

  test("without a sale for long: ended, after 56 days, five of its own intervals, or what the spec says", async () => {
    const until = (last: number) => withOther(days((day) => (day <= last ? 4 + (day % 3) : null)));
    expect((await reasons(until(43))).slice(0, 1)).toEqual(["fit_with_limits"]);
    expect(await reasons(until(42))).toEqual([
      "not_yet",
      "no sale for 57 days, since 2024-02-12, at most 56: if it has ended, ended: { after_days: 56, policy: drop } leaves it out",
      "57 % of the days have no sales row, at most 50 %: load those that are missing, or rows of 0 if nothing was sold",
      "a sale every 2.33 days, below 1.32 needed: longer periods (freq: week) have fewer zeros",
    ]);
    // Sold on day 0 and 36: every 18.5 days, so 63 days are no reason yet.
    const rare = withOther(days((day) => ([0, 36].includes(day) ? 4 : 0)));
    expect((await readinessOf(rare)).reasons.map(({ code }) => code)).toEqual([
      "sparse_sales",
      "intermittent",
    ]);
    const ended = { after_days: 20 };
    const [, text] = await reasons(until(78), { ended });
    expect(text).toMatch(
      /^no sale for 21 days, since 2024-03-19, at most 20: .*after_days: 20, policy: drop/,
    );
    expect((await readinessOf(until(79), { ended })).status).toBe("fit");
  });

  test("that ended and is trimmed has the periods of its rows, and nothing to forecast", async () => {
    const warehouse = withOther(
      days((day) => (day < 50 ? 4 + (day % 3) : null)),
      {
        prices: pricesOf([null, 2, start, null]),
      },
    );
    const ended = { after_days: 20, policy: "trim" };
    const one = await readinessOf(warehouse, { ended, drivers: ["price"] });
    expect(one).toMatchObject({ status: "not_yet", periods: 50, imputed_share: 0, priced_share: null });
    expect(one.reasons).toMatchObject([{ code: "ended", value: 50, needed: 20 }]);
    await expect(readinessOf(warehouse, { ended: { ...ended, policy: "drop" } })).rejects.toThrow("no S1/A");
  });

  test("with few sales: sparse_sales, and intermittent", async () => {
    expect(await reasons(withOther(days((day) => (day % 12 === 3 ? 2 + (day % 2) : 0))))).toEqual([
      "fit_with_limits",
      // From day 3 on, of which 97 are left.
      "9 days with a sale, 10 needed: 1 more",
      "a sale every 10.78 days, below 1.32 needed: longer periods (freq: week) have fewer zeros",
    ]);
  });

  test("with few and very different sales: lumpy", async () => {
    const { demand_class, reasons } = await readinessOf(
      withOther(days((day) => (day % 2 === 1 ? 0 : day % 10 === 0 ? 40 : 2))),
    );
    expect([demand_class, reasons.map(({ text }) => text)]).toEqual([
      "lumpy",
      [
        // 10 days of 40 and 40 of 2: the mean is 9.6, the variance of the sample 11,552 / 49.
        "a sale every 2 days with a CV² of 2.56, below 1.32 and 0.49 needed: longer periods (freq: week) have fewer zeros",
      ],
    ]);
  });

  test("is intermittent from an interval of exactly 1.32, and lumpy from a CV² of exactly 0.49", async () => {
    // 33 days, 25 of them with a sale.
    const interval = (sales: number) => withOther(days((day) => (day < sales ? 4 + (day % 2) : 0), 67));
    expect((await readinessOf(interval(25))).demand_class).toBe("intermittent");
    expect((await readinessOf(interval(26))).demand_class).toBe("smooth");
    // Two sales of m - d and m + d have a variance of 2 d²: the CV² is 2 (d / m)². No two whole numbers give 0.49 exactly, but 50
    // values of m ± 7 and mean 10 do: 50 * 49 / 49 / 100 = 0.5; 49 of them and one 10: 49 * 49 / 49 / 100 = 0.49.
    const varied = (least: number) =>
      withOther(
        days((day) => (day >= 50 ? 0 : day === 49 ? 10 : day === 48 ? least : day % 2 === 0 ? 3 : 17)),
      );
    expect((await readinessOf(varied(10))).demand_class).toBe("intermittent");
    expect((await readinessOf(varied(3))).demand_class).toBe("lumpy");
  });

  test("with mostly no rows: gaps, unless rows of 0 say that nothing was sold", async () => {
    // From the second day on: 49 days with a row and 49 without, then one less.
    const every = (missing: number) =>
      withOther(days((day) => (day % 2 === 0 || day === missing ? null : 4 + (day % 3)), 1));
    expect((await readinessOf(every(0))).reasons.map(({ code }) => code)).toEqual(["intermittent"]);
    expect((await reasons(every(97)))[1]).toBe(
      "51 % of the days have no sales row, at most 50 %: load those that are missing, or rows of 0 if nothing was sold",
    );
    const zeros = await readinessOf(withOther(days((day) => (day % 2 === 1 ? 0 : 4 + (day % 3)))));
    expect(zeros.reasons.map(({ code }) => code)).toEqual(["intermittent"]);
  });

  test("that is always the same: constant", async () => {
    expect(await reasons(withOther(days(() => 3)))).toEqual([
      "fit_with_limits",
      "y has 1 value in 100 days, 2 needed: nothing to learn, and scaled errors are undefined",
    ]);
  });

  test("without a planned price for the whole horizon: unpriced", async () => {
    const sales = days((day) => 4 + (day % 3));
    const prices = pricesOf([null, 2, start, "2024-04-12"]);
    expect(await reasons(withOther(sales, { prices }))).toEqual([
      "fit_with_limits",
      "a list price is planned for 3 of 7 days to forecast: plan the others, or leave the driver price out",
    ]);
    expect((await readinessOf(withOther(sales, { prices }), { drivers: [] })).priced_share).toBeNull();
    const planned = pricesOf([null, 2, start, "2024-04-12"], ["S1", 3, "2024-04-13", null]);
    expect(await readinessOf(withOther(sales, { prices: planned }))).toMatchObject({
      status: "fit",
      priced_share: 1,
    });
  });

  test("of weeks that has no year twice: one_season; of months with less than a year: short_history", async () => {
    const sales = Array.from({ length: 14 * 7 }, (_, day) => 4 + (day % 3));
    const warehouse = small({ sales: sold("S1", "A", start, sales) });
    expect(await reasons(warehouse, { freq: "week" }, 4, "2024-04-07")).toEqual([
      "fit_with_limits",
      "14 weeks of history, 104 needed to see a year twice: 90 more",
    ]);
    expect(await reasons(warehouse, { freq: "month" }, 1, "2024-03-31")).toEqual([
      "not_yet",
      "3 months of history, 12 needed: 9 more",
    ]);
  });

  test("is among the first of its status by the sum of y, and of those asked for only", async () => {
    const warehouse = withOther(days((day) => 4 + (day % 3), 95));
    await withClient(database, (client) => fillWarehouse(client, warehouse));
    const definition = { cutoff: "2024-04-09", horizon: 7 };
    const ids = async (asked: object) =>
      (await frameReadiness(database, { ...definition, ...asked })).series.map(({ unique_id }) => unique_id);
    expect(await ids({})).toEqual(["S1/B", "S1/A"]);
    expect(await ids({ status: "not_yet" })).toEqual(["S1/A"]);
    expect(await ids({ top: 1 })).toEqual(["S1/B", "S1/A"]);
    expect(await ids({ top: 1, status: "fit_with_limits" })).toEqual([]);
  });

  test("is refused as the frame is", async () => {
    const definition = { cutoff: "2024-04-09", horizon: 7 };
    const refused = (asked: object) => expect(frameReadiness(database, { ...definition, ...asked })).rejects;
    await refused({ cutoff: "2025-04-09" }).toMatchObject({ code: "FRAME_CUTOFF_OUTSIDE" });
    await refused({ spec: parseSpec("{ version: 1, exclude: [list_prise] }", "x.yaml") }).toMatchObject({
      code: "FRAME_SPEC_INVALID",
    });
    await refused({ top: 0 }).toMatchObject({ code: "USAGE" });
    await refused({ status: "ready" }).toMatchObject({ code: "ARGUMENT_INVALID" });
    await refused({ horizon: 0 }).toMatchObject({ code: "USAGE" });
  });
});
