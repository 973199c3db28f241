import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type BacktestResult, backtest, type ModelScores } from "../../src/backtest/index.ts";
import { backtestFrom } from "../../src/backtest/run/backtest.ts";
import { type Database, withClient } from "../../src/database/connection.ts";
import { parseSpec } from "../../src/frame/index.ts";
import { withSnapshot } from "../../src/frame/source/snapshot.ts";
import { fillFiveMonths } from "../frame/support/five-months.ts";
import { type FrameCase, frameCases } from "../frame/support/requests.ts";
import { fillWarehouse } from "../frame/support/warehouse.ts";
import { Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { type ForecastRow, modelColumns, rowsOfFile } from "./support/forecast-files.ts";
import { type OracleScores, oracleForecasts, oracleScores } from "./support/oracle.ts";

/* Forecasts and scores of a backtest, compared with plain SQL on PostgreSQL. */

const closeTo = (value: number | null) =>
  value === null ? null : expect.closeTo(value, 9 - Math.max(0, Math.ceil(Math.log10(Math.abs(value) + 1))));

const scoresOf = ({ rows, series, wape, bias, rmsse, mase }: Omit<OracleScores, "class">) => ({
  ...{ rows, series },
  ...{ wape: closeTo(wape), bias: closeTo(bias), rmsse: closeTo(rmsse), mase: closeTo(mase) },
});

/** Compares all rows of the file with the oracle, and all scores of some models. */
async function agree(
  database: Database,
  { cutoff, horizon, folds, models }: BacktestResult,
  rows: readonly ForecastRow[],
): Promise<void> {
  await withClient(database, async (client) => {
    const cutoffs = folds.map((fold) => fold.cutoff);
    const expected = await oracleForecasts(client, { until: cutoff, cutoffs, horizon });
    const cells = ({
      unique_id,
      ds,
      cutoff,
      y,
      sample_weight,
      naive,
      seasonal_naive,
      mean_28,
    }: ForecastRow) => ({
      ...{ unique_id, ds, cutoff, y, sample_weight, naive, seasonal_naive, mean_28 },
    });
    expect(rows.map(cells)).toEqual(
      expected.map((row) => ({ ...cells(row), mean_28: closeTo(row.mean_28 as number) })),
    );
    for (const model of ["naive", "mean_28", "ridge"]) {
      const scored = models.find((one) => one.model === model);
      if (scored === undefined) continue;
      const ofClass = scored.by.class.flatMap(({ group, scored: of }) =>
        of.rows === 0 ? [] : [{ class: group, ...picked(of) }],
      );
      const oracle = await oracleScores(client, cutoff, rows, model);
      const all = oracle.find((one) => one.class === null);
      expect(picked(scored), model).toEqual(scoresOf(all ?? { ...none, rows: 0, series: 0 }));
      expect(ofClass.sort(byClass), model).toEqual(
        oracle
          .filter((one) => one.class !== null)
          .map((one) => ({ class: one.class, ...scoresOf(one) }))
          .sort(byClass),
      );
    }
  });
}

const none = { wape: null, bias: null, rmsse: null, mase: null };
const byClass = (a: { class: string | null }, b: { class: string | null }) =>
  String(a.class) < String(b.class) ? -1 : 1;
const picked = ({
  rows,
  series,
  wape,
  bias,
  rmsse,
  mase,
}: Pick<ModelScores, keyof typeof none | "rows" | "series">) => ({
  ...{ rows, series, wape, bias, rmsse, mase },
});

describe("a backtest of days agrees with plain SQL", async () => {
  const [random, fiveMonths] = [await freshDatabase(), await freshDatabase()];
  const workspace = new Workspace();
  beforeAll(() => fillFiveMonths(fiveMonths));

  test.for([
    { horizon: 7, folds: 3 },
    { horizon: 30, folds: 2, step: 9 },
    { horizon: 1, folds: 10, step: 7 },
  ])("of five months: %j", async (request) => {
    const out = workspace.path(`five-${request.horizon}.parquet`);
    const result = await backtest(fiveMonths, { cutoff: "2024-04-14", ...request, out });
    const rows = await rowsOfFile(out);
    expect(rows).toHaveLength(6 * request.horizon * request.folds);
    expect(rows.some((row) => row.sample_weight === 0)).toBe(true);
    await agree(fiveMonths, result, rows);
  });

  test("of any warehouse and spec, in blocks of any size, whatever the drivers", async () => {
    let [cases, compared] = [0, 0];
    const property = async (given: FrameCase) => {
      const { warehouse, cutoff, horizon, spec, blockPeriods } = given;
      await withClient(random, (client) => fillWarehouse(client, warehouse));
      // The oracle knows the rules of the default spec only.
      const usual = cases++ % 2 === 0;
      const parsed = spec === undefined ? undefined : parseSpec(spec, "test.yaml");
      const asked = usual && parsed !== undefined ? { ...parsed, ...usualRules } : parsed;
      const knownAt = usual ? undefined : given.knownAt;
      const run = (name: string, options: { readonly blockPeriods?: number | undefined }) =>
        backtestFrom(
          (work) => withSnapshot(random, undefined, work),
          {
            ...{ cutoff, horizon: Math.min(horizon, 9), folds: 3, step: 5, knownAt, spec: asked },
            out: workspace.path(name),
          },
          options,
        );
      const result = await run("random.parquet", {}).catch((error: { code?: string }) => {
        if (!/^(FRAME|BACKTEST)_/.test(error.code ?? "")) throw error;
      });
      if (result === undefined) return;
      const rows = await rowsOfFile(workspace.path("random.parquet"));
      const inBlocks = await run("blocks.csv", { blockPeriods });
      expect({ ...inBlocks, out: "", seconds: {} }).toEqual({ ...result, out: "", seconds: {} });
      expect(await rowsOfFile(workspace.path("blocks.csv"))).toEqual(rows);
      for (const row of rows) for (const name of modelColumns(row)) finiteOrBound(name, row[name] ?? null);
      if (!usual) return;
      await agree(random, result, rows);
      compared++;
    };
    await fc.assert(fc.asyncProperty(frameCases, property), {
      numRuns: Number(process.env.FORECASTLAB_TEST_RUNS ?? 12),
      endOnFailure: true,
    });
    expect(compared).toBeGreaterThan(3);
  }, 300_000);
});

const usualRules = {
  ...({ closed_days: "zero", target: "quantity", fill: "zero", series: undefined } as const),
  ended: { after_days: null, policy: "keep" } as const,
};

function finiteOrBound(name: string, value: ForecastRow[string]): void {
  if (value === null && /-(lo|hi)-/.test(name)) return;
  expect(value, name).toSatisfy(Number.isFinite);
}
