import { beforeAll, describe, expect, test } from "vitest";
import { backtest, type ScoreRequest, type ScoreResult, scoreForecasts } from "../../src/backtest/index.ts";
import { parseSpec } from "../../src/frame/index.ts";
import { fillFiveMonths } from "../frame/support/five-months.ts";
import { query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { changedFile } from "./support/forecast-files.ts";

/* Forecasts in files are scored by what the warehouse knows about their series. */

describe("forecasts in a file", async () => {
  const database = await freshDatabase();
  const workspace = new Workspace();
  let files = 0;
  const newFile = (ending = "parquet") => workspace.path(`scored-${++files}.${ending}`);
  const score = (file: string, request: Partial<ScoreRequest> = {}) =>
    scoreForecasts(database, { ...request, file });
  const ours = workspace.path("ours.parquet");

  beforeAll(async () => {
    await fillFiveMonths(database);
    // A product that is first sold on 1 April.
    await query(
      database,
      `INSERT INTO product (sku, name) VALUES ('N', 'New');
       INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
       SELECT date, store.id, product.id, 10 + extract(day FROM date), 1, 1
       FROM calendar, store, product
       WHERE sku = 'N' AND store.code = 'S1' AND date BETWEEN '2024-04-01' AND '2024-04-20'`,
    );
    await backtest(database, { cutoff: "2024-04-14", horizon: 7, folds: 4, step: 5, out: ours });
  });

  test.for([
    [{}, "parquet"],
    [{ step: 3 }, "csv"],
    [{ freq: "week", horizon: 2, folds: 2 }, "parquet"],
    [{ freq: "month", cutoff: "2024-03-31", horizon: 1, folds: 2 }, "csv"],
    [{ levels: [50, 90.5] }, "csv"],
    [{ spec: { closed_days: "drop", target: "total_amount" } }, "parquet"],
    [{ spec: { fill: null, ended: { after_days: 3, policy: "drop" } } }, "csv"],
  ] as const)("of a backtest have the very same scores: %j", async ([given, ending]) => {
    const { spec, levels, ...request } = { spec: {}, levels: undefined, ...given };
    const [out, parsed] = [newFile(ending), parseSpec(JSON.stringify({ version: 1, ...spec }), "test.yaml")];
    const asked = { cutoff: "2024-04-14", horizon: 7, folds: 3, ...request, spec: parsed, out };
    const { models, folds, freq, season } = await backtest(database, {
      ...asked,
      levels: levels && [...levels],
    });
    const scored = await score(out, { spec: parsed, freq });
    expect(scored.models).toEqual(models);
    expect(scored).toMatchObject({ freq, season, y_from_warehouse: 0, y_differs: 0, unknown_series: 0 });
    expect(scored.cutoffs).toHaveLength(folds.length);
  });

  const scoresOf = ({ models }: ScoreResult) => models;

  test("have the actual values of the warehouse where the file has none", async () => {
    const file = await changedFile(
      ours,
      newFile("csv"),
      (rows) => `SELECT * REPLACE (CASE WHEN ds > '2024-04-01' THEN NULL ELSE y END AS y) FROM ${rows}`,
    );
    const [with_y, without] = [await score(ours), await score(file)];
    expect(scoresOf(without)).toEqual(scoresOf(with_y));
    expect(without.y_from_warehouse).toBeGreaterThan(20);
    expect(without.y_differs).toBe(0);
  });

  test("have their own actual values, and those that differ are counted", async () => {
    const file = await changedFile(
      ours,
      newFile(),
      (rows) => `SELECT * REPLACE (y + (unique_id = 'S1/A')::INT AS y) FROM ${rows}`,
    );
    const scored = await score(file);
    expect(scored.y_differs).toBe(4 * 7);
    expect(scored.y_from_warehouse).toBe(0);
    expect(scoresOf(scored)).not.toEqual(scoresOf(await score(ours)));
  });

  test("have the weights of the warehouse, and lower ones of the file", async () => {
    const whole = await score(ours);
    const unweighted = await changedFile(
      ours,
      newFile(),
      (rows) => `SELECT * EXCLUDE (sample_weight) FROM ${rows}`,
    );
    expect(scoresOf(await score(unweighted))).toEqual(scoresOf(whole));
    const lower = await changedFile(
      ours,
      newFile(),
      (rows) => `SELECT * REPLACE (if(unique_id = 'S1/A', 0, 1) AS sample_weight) FROM ${rows}`,
    );
    const rowsOf = ({ models: [first] }: ScoreResult) => [first?.rows, first?.weight_0?.rows];
    const [scored, apart] = rowsOf(whole) as [number, number];
    const [fewer, more] = rowsOf(await score(lower)) as [number, number];
    expect(fewer + more).toBe(scored + apart);
    expect(more).toBeGreaterThan(apart);
  });

  test("of series that the warehouse does not have are scored without scale and class, and counted", async () => {
    const file = await changedFile(
      ours,
      newFile("csv"),
      (rows) => `SELECT * REPLACE (replace(unique_id, 'S2/', 'S9/') AS unique_id) FROM ${rows}`,
    );
    const { unknown_series, series, models } = await score(file);
    const whole = await score(ours);
    expect([unknown_series, series]).toEqual([3, 7]);
    for (const { rows, weight_0, series_without_rmsse_scale, by } of models) {
      expect(rows + (weight_0?.rows ?? 0)).toBe(whole.rows);
      expect(series_without_rmsse_scale).toBeGreaterThanOrEqual(12);
      expect(by.class.find(({ group }) => group === null)?.scored.rows).toBeGreaterThanOrEqual(60);
      expect(by.store.map(({ group }) => group)).toEqual(["S1", null]);
    }
  });

  test("before the first sale of a series are compared with the right days", async () => {
    // The cutoff is in March, and the product is first sold on 1 April: its step 1 is before that.
    const lines = Array.from({ length: 14 }, (_, index) => {
      const day = new Date(Date.parse("2024-03-26") + index * 86_400_000).toISOString().slice(0, 10);
      const sold = day < "2024-04-01" ? "" : 10 + Number(day.slice(8));
      return `S1/N,${day},2024-03-25,,${sold === "" ? 0 : sold}`;
    });
    const file = workspace.csv(["unique_id,ds,cutoff,y,exact", ...lines, "S1/A,2024-03-26,2024-03-25,1,1"]);
    const { models, y_from_warehouse } = await score(file);
    expect(y_from_warehouse).toBe(8);
    expect(models[0]).toMatchObject({ model: "exact", rows: 9, rows_without_y: 6, mae: 0, wape: 0 });
  });

  test("of the days after the last sale have no actual value", async () => {
    const file = workspace.csv([
      "unique_id,ds,cutoff,y,flat",
      "S1/A,2024-04-20,2024-04-19,,5",
      "S1/A,2024-04-21,2024-04-19,,5",
      "S1/A,2024-04-22,2024-04-19,7,5",
    ]);
    const { models, y_from_warehouse } = await score(file);
    expect(models[0]).toMatchObject({ rows: 2, rows_without_y: 1 });
    expect(y_from_warehouse).toBe(1);
  });

  test("may be weekly with the last day of the week as ds and cutoff", async () => {
    const out = newFile();
    const { models } = await backtest(database, {
      cutoff: "2024-04-14",
      horizon: 2,
      folds: 2,
      freq: "week",
      out,
    });
    const file = await changedFile(
      out,
      newFile("csv"),
      (rows) =>
        `SELECT * REPLACE (ds + INTERVAL 6 DAY AS ds, cutoff + INTERVAL 6 DAY AS cutoff) FROM ${rows}`,
    );
    expect((await score(file, { freq: "week" })).models).toEqual(models);
  });

  test("may be of more series than a call can have arguments", async () => {
    const rows = `
      SELECT 'S8/' || n AS unique_id, DATE '2024-03-31' AS ds, DATE '2024-03-30' AS cutoff, 1 AS y, 1.5 AS flat
      FROM range(130000) AS numbers(n)`;
    const { unknown_series, models } = await score(await changedFile(ours, newFile(), () => rows));
    expect(unknown_series).toBe(130_000);
    expect(models[0]).toMatchObject({ rows: 130_000, mae: 0.5 });
  });

  test.for([
    ["2023-12-31", "2024-01-02", "FRAME_CUTOFF_OUTSIDE"],
    ["2024-06-01", "2024-06-02", "FRAME_CUTOFF_OUTSIDE"],
  ] as const)("whose cutoff %s is outside of the sales are refused", async ([cutoff, ds, code]) => {
    const file = workspace.csv(["unique_id,ds,cutoff,y,flat", `S1/A,${ds},${cutoff},1,1`]);
    await expect(score(file)).rejects.toMatchObject({ code, message: expect.stringContaining(cutoff) });
  });

  test("of two days of one week are no weekly forecasts", async () => {
    await expect(score(ours, { freq: "week" })).rejects.toMatchObject({
      code: "FORECASTS_INVALID",
      message: expect.stringMatching(/week/),
    });
  });
});
