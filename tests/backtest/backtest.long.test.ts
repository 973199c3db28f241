import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type BacktestProgress,
  type BacktestRequest,
  backtest,
  baselineNames,
  scoreForecasts,
} from "../../src/backtest/index.ts";
import { withClient } from "../../src/database/connection.ts";
import { fail } from "../../src/errors.ts";
import { parseSpec } from "../../src/frame/index.ts";
import { fillFiveMonths } from "../frame/support/five-months.ts";
import { small, sold } from "../frame/support/scenarios.ts";
import { fillWarehouse, type Warehouse } from "../frame/support/warehouse.ts";
import { query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { rowsOfFile } from "./support/forecast-files.ts";

const everyModel = [...baselineNames, "ridge"].sort();
const specOf = (spec: object) => parseSpec(JSON.stringify({ version: 1, ...spec }), "test.yaml");

describe("a backtest of five months", async () => {
  const database = await freshDatabase();
  const workspace = new Workspace();
  beforeAll(() => fillFiveMonths(database));
  const request = { cutoff: "2024-04-14", horizon: 7 };
  const run = (given: Partial<BacktestRequest> = {}) => backtest(database, { ...request, ...given });

  test.for([
    { closed_days: "mask" },
    { closed_days: "drop" },
    { ended: { after_days: 1, policy: "drop" } },
    { ended: { after_days: 1, policy: "trim" } },
    { fill: null },
    { target: "total_amount" },
    { mode: "recursive" },
    { exclude: ["sample_weight", "is_stockout", "is_imputed", "is_store_closed"] },
    { drivers: ["promotion"] },
    { drivers: [] },
    { drivers: [], lags: [28] },
  ])("has a forecast by every model in every row with the spec %j", async (spec) => {
    const out = workspace.path("spec.parquet");
    const { models, folds, ridge } = await run({ spec: specOf(spec), out });
    expect(models.map(({ model }) => model).sort()).toEqual(everyModel);
    const rows = await rowsOfFile(out);
    const series = folds.reduce((sum, fold) => sum + fold.series, 0);
    expect(rows).toHaveLength(series * 7);
    expect(series).toBeGreaterThan(0);
    for (const row of rows) {
      for (const name of everyModel) expect(row[name], name).toSatisfy(Number.isFinite);
    }
    for (const { rows: scored, weight_0, rows_without_y, rows_without_forecast } of models) {
      const apart = (weight_0?.rows ?? 0) + (weight_0?.rows_without_y ?? 0);
      expect(scored + rows_without_y + apart).toBe(rows.length);
      expect(rows_without_forecast).toBe(0);
    }
    expect(ridge?.terms).toBeGreaterThan(0);
  });

  test("has no ridge if the frame has no columns that it could use", async () => {
    const spec = specOf({ drivers: [], lags: [], windows: [], weekday_windows: [] });
    const { models, ridge } = await run({ spec });
    expect(models.map(({ model }) => model).sort()).toEqual(everyModel.filter((name) => name !== "ridge"));
    expect(ridge).toBeNull();
  });

  test.for([
    ["week", 7, { horizon: 2, folds: 2 }, ["2024-03-17", "2024-03-31"], ["2024-03-18", "2024-04-08"]],
    [
      "month",
      12,
      { horizon: 1, folds: 2, cutoff: "2024-03-31" },
      ["2024-01-31", "2024-02-29"],
      ["2024-02-01", "2024-03-01"],
    ],
    // The week of the cutoff is not complete.
    ["week", 7, { horizon: 1, folds: 1, cutoff: "2024-04-17" }, ["2024-04-07"], ["2024-04-08", "2024-04-08"]],
  ] as const)("may be of periods: %s %j", async ([freq, , given, cutoffs, [from, to]]) => {
    const out = workspace.path(`${freq}.csv`);
    const { season, folds, models } = await run({ freq, ...given, out });
    expect(season).toBe({ week: 52, month: 12 }[freq]);
    expect(folds.map(({ cutoff }) => cutoff)).toEqual(cutoffs);
    expect([folds[0]?.from, folds.at(-1)?.to]).toEqual([from, to]);
    expect(models.map(({ model }) => model).sort()).toEqual(everyModel);
    const days = [...new Set((await rowsOfFile(out)).map(({ ds }) => ds))];
    expect([days[0], days.at(-1)]).toEqual([from, to]);
  });

  test("needs no calendar after the cutoff", async () => {
    const until = await freshDatabase({ like: database });
    const tables = ["inventory_snapshot_daily", "traffic_daily", "weather_daily", "calendar"];
    for (const table of tables) await query(until, `DELETE FROM ${table} WHERE date > '2024-04-20'`);
    const { folds } = await backtest(until, { cutoff: "2024-04-20", horizon: 14, folds: 2 });
    expect(folds.at(-1)).toMatchObject({ cutoff: "2024-04-06", to: "2024-04-20" });
  });

  test("ranks its models by rmsse, and gives the intervals from the second fold on", async () => {
    const { models } = await run({ folds: 4 });
    const ranks = models.map(({ rmsse }) => rmsse ?? Number.POSITIVE_INFINITY);
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    for (const { intervals, rows } of models) {
      for (const { rows: withInterval } of intervals) {
        expect(withInterval).toBeGreaterThan(0);
        expect(withInterval).toBeLessThanOrEqual(rows * 0.8);
      }
    }
  });

  describe("is one sentence and nothing is written:", () => {
    const folder = workspace.path("outputs");
    const at = (name: string) => join(folder, name);
    beforeAll(() => {
      mkdirSync(at("folder.parquet"), { recursive: true });
      writeFileSync(at("mine.txt"), "mine");
      symlinkSync(at("mine.txt"), at("link.csv"));
    });

    test.for([
      [
        "folds before the first sale",
        { folds: 17 },
        "BACKTEST_BEYOND_DATA",
        /first fold has the cutoff 2023-12-17, and the sales begin 2024-01-01/,
      ],
      [
        "a horizon longer than the history",
        { horizon: 105, folds: 1 },
        "BACKTEST_BEYOND_DATA",
        /the cutoff 2023-12-31/,
      ],
      [
        "the most folds, as far apart as possible",
        { folds: 100, step: 1000, freq: "month" },
        "BACKTEST_BEYOND_DATA",
        /the cutoff 0001-01-31/,
      ],
      [
        "weeks before the first complete one",
        { freq: "week", folds: 15, horizon: 1 },
        "BACKTEST_BEYOND_DATA",
        /the cutoff 2023-12-31/,
      ],
      ["a cutoff after the sales", { cutoff: "2024-05-01" }, "FRAME_CUTOFF_OUTSIDE", /2024-05-01/],
      ["step 0", { step: 0 }, "USAGE", /step .* not 0/],
      ["no fold", { folds: 0 }, "USAGE", /folds .* not 0/],
      ["101 folds", { folds: 101 }, "USAGE", /folds .* not 101/],
      ["a level of 100 percent", { levels: [100] }, "USAGE", /level .* not 100/],
      ["no horizon", { horizon: 0 }, "USAGE", /horizon .* not 0/],
      ["a file that is a folder", { out: at("folder.parquet") }, "FILE_IS_DIRECTORY", /folder\.parquet/],
      ["a file in no folder", { out: at("nowhere/f.parquet") }, "FILE_UNWRITABLE", /folder does not exist/],
      ["a file in a file", { out: at("mine.txt/f.parquet") }, "FILE_UNWRITABLE", /mine\.txt/],
      ["a file with another ending", { out: at("f.xlsx") }, "FILE_UNWRITABLE", /\.parquet or \.csv/],
      ["a file without an ending", { out: at("forecasts") }, "FILE_UNWRITABLE", /\.parquet or \.csv/],
      ["a link", { out: at("link.csv") }, "FILE_UNWRITABLE", /not a plain file/],
      ["a device", { out: "/dev/null" }, "FILE_UNWRITABLE", /null/],
    ] as const)("%s", async ([, given, code, sentence]) => {
      const failure = await run({ out: at("f.parquet"), ...given } as Partial<BacktestRequest>).catch(
        (error) => error,
      );
      expect(failure).toMatchObject({ code, message: expect.stringMatching(sentence) });
      expect(readdirSync(folder).sort()).toEqual(["folder.parquet", "link.csv", "mine.txt"]);
      expect(readFileSync(at("mine.txt"), "utf8")).toBe("mine");
    });

    test.for(["extract", "forecast", "score"])("an interruption while in the phase %s", async (phase) => {
      const interruption = new AbortController();
      const onProgress = (progress: BacktestProgress) => {
        if (progress.phase === phase) interruption.abort(fail("INTERRUPTED", { signal: "SIGINT" }));
      };
      const { signal } = interruption;
      await expect(run({ out: at("f.csv"), signal, onProgress })).rejects.toMatchObject({
        code: "INTERRUPTED",
      });
      expect(readdirSync(folder).sort()).toEqual(["folder.parquet", "link.csv", "mine.txt"]);
    });
  });

  test("replaces an earlier file", async () => {
    const out = workspace.write("replaced.csv", "old");
    await run({ out, folds: 1 });
    expect(readFileSync(out, "utf8")).toMatch(/^unique_id,ds,cutoff,y,sample_weight,naive,naive-lo-80,/);
    expect(readdirSync(workspace.folder).filter((name) => name.startsWith("."))).toEqual([]);
  });
});

describe("a backtest of awkward series", async () => {
  const database = await freshDatabase();
  const workspace = new Workspace();
  const run = async (warehouse: Warehouse, request: Partial<BacktestRequest> = {}) => {
    await withClient(database, (client) => fillWarehouse(client, warehouse));
    const out = workspace.path("awkward.parquet");
    const result = await backtest(database, { cutoff: "2024-02-10", horizon: 3, folds: 2, ...request, out });
    const scored = await scoreForecasts(database, { file: out });
    expect(scored.models).toEqual(result.models);
    return { ...result, rows: await rowsOfFile(out) };
  };
  const long = sold(
    "S1",
    "A",
    "2024-01-01",
    Array.from({ length: 41 }, (_, day) => 1 + (day % 7)),
  );

  test("has a series of one day, which is forecast by that day", async () => {
    const { rows, models, folds } = await run({
      ...small({ sales: [...long, ...sold("S1", "B", "2024-02-07", [5])] }),
      products: [{ sku: "A" }, { sku: "B" }],
    });
    // The cutoffs are 4 and 7 February.
    expect(folds.map(({ series }) => series)).toEqual([1, 2]);
    const [first] = rows.filter((row) => row.unique_id === "S1/B");
    expect(first).toMatchObject({ y: 0, naive: 5, seasonal_naive: 5, mean_28: 5, weekday_mean_8: 5 });
    expect(models[0]).toMatchObject({ series: 3, series_without_rmsse_scale: 1 });
  });

  test("has one that is 0 after its first sale, and one without a single observed day", async () => {
    const { rows } = await run({
      ...small({
        sales: [...long, ...sold("S1", "B", "2024-01-01", [3]), ...sold("S1", "C", "2024-02-01", [9])],
      }),
      products: [{ sku: "A" }, { sku: "B" }, { sku: "C" }],
      inventory: Array.from({ length: 10 }, (_, day) => ({
        ...{
          date: `2024-02-${String(day + 1).padStart(2, "0")}`,
          store: "S1",
          sku: "C",
          on_hand: 0,
          on_order: 0,
        },
      })),
    });
    for (const row of rows.filter(({ unique_id }) => unique_id === "S1/B")) {
      expect(row).toMatchObject({
        y: 0,
        naive: 0,
        seasonal_naive: 0,
        mean_28: 0,
        tsb_weekday: expect.closeTo(0, 0),
      });
    }
    const unobserved = rows.filter(({ unique_id }) => unique_id === "S1/C");
    expect(unobserved).toHaveLength(6);
    for (const row of unobserved) {
      expect(row).toMatchObject({ sample_weight: 0, naive: 0, auto: 0, "auto-lo-80": null });
    }
  });

  test("has a first fold in which nothing was observed: all of its forecasts are 0", async () => {
    const { rows, models } = await run({
      ...small({ sales: long.slice(34) }),
      inventory: [1, 2, 3, 4].map((day) => ({
        date: `2024-02-0${day}`,
        store: "S1",
        sku: "A",
        on_hand: 0,
        on_order: 0,
      })),
    });
    expect(models.map(({ model }) => model).sort()).toEqual(everyModel);
    const first = rows.filter(({ cutoff }) => cutoff === "2024-02-04");
    expect(first).toHaveLength(3);
    for (const row of first) for (const name of everyModel) expect(row[name], name).toBe(0);
  });

  test("has names with quotes, commas, line breaks and letters of any script", async () => {
    const skus = ['say "hi", then\nleave', "Käse—奶酪", "'; --", "a\\b"];
    const { rows } = await run({
      ...small({ sales: skus.flatMap((sku) => long.map((row) => ({ ...row, sku }))) }),
      products: skus.map((sku) => ({ sku })),
    });
    expect(new Set(rows.map(({ unique_id }) => unique_id))).toEqual(new Set(skus.map((sku) => `S1/${sku}`)));
  });

  test("of an empty warehouse is one sentence", async () => {
    const failing = run(small({ sales: [] }));
    await expect(failing).rejects.toMatchObject({ code: "FRAME_NO_SALES" });
    expect(existsSync(workspace.path("none.parquet"))).toBe(false);
  });
});
