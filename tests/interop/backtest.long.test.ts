import { beforeAll, expect, test } from "vitest";
import { type BacktestResult, backtest, scoreForecasts } from "../../src/backtest/index.ts";
import { buildFrame } from "../../src/frame/index.ts";
import { query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { loadFreshRetailNet } from "./support/frames.ts";
import { describeWithPython, python } from "./support/python.ts";

/* Cross-validations of Nixtla's libraries scored by us, and our forecasts scored by theirs, on FreshRetailNet. */

type Scores = Readonly<Record<"mae" | "rmse" | "wape" | "rmsse" | "mase", number>>;

interface Report {
  readonly dtypes: Readonly<Record<string, string>>;
  readonly rows: number;
  readonly rows_of_both: number;
  readonly y_differs: number;
  readonly differs: Readonly<Record<string, number>>;
  readonly ours: Readonly<Record<string, Scores>>;
  readonly coverage: Readonly<Record<string, number>>;
  readonly wape: Readonly<Record<"statsforecast" | "mlforecast", Readonly<Record<string, number>>>>;
}

const request = { cutoff: "2024-06-25", horizon: 7, folds: 4, step: 5 };

const close = (found: number | null | undefined, expected: number | undefined, what: string) => {
  expect(found, what).toBeTypeOf("number");
  expect(expected, what).toBeTypeOf("number");
  const distance = Math.abs((found as number) - (expected as number));
  expect(distance, what).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected as number)));
};

describeWithPython("a backtest of FreshRetailNet and Nixtla's libraries", {}, async () => {
  const database = await freshDatabase();
  const workspace = new Workspace();
  const made: { result?: BacktestResult; report?: Report } = {};
  const both = () => {
    const { result, report } = made;
    if (result === undefined || report === undefined) throw new Error("the forecasts are not made");
    return { result, report };
  };
  const crossValidate = async (name: string) => {
    const { training } = await buildFrame(database, {
      ...{ cutoff: request.cutoff, horizon: request.horizon, out: workspace.path(`${name}-frame.parquet`) },
    });
    const out = workspace.path(`${name}-ours.parquet`);
    const result = await backtest(database, { ...request, out });
    const { horizon, folds, step } = request;
    const theirs = workspace.path(name);
    const report = await python<Report>(
      "cross_validation.py",
      ...[training, out, ...[horizon, folds, step].map(String), theirs],
    );
    return { result, report, theirs };
  };

  beforeAll(() => loadFreshRetailNet(database), 300_000);

  test("files of their cross_validation are scored as utilsforecast scores them, without days of weight 0", async () => {
    const { report, result, theirs } = await crossValidate("stockouts");
    expect(result.models[0]?.weight_0?.rows).toBeGreaterThan(50);
    for (const [name, ending] of [
      ["statsforecast", "parquet"],
      ["mlforecast", "csv"],
    ] as const) {
      const { models, ...scored } = await scoreForecasts(database, { file: `${theirs}.${name}.${ending}` });
      expect(scored).toMatchObject({ rows: 240 * 7 * 4, series: 240, unknown_series: 0, y_differs: 0 });
      expect(scored.cutoffs).toEqual(result.folds.map(({ cutoff }) => cutoff));
      expect(models.map(({ model }) => model).sort()).toEqual(Object.keys(report.wape[name]).sort());
      for (const { model, wape, weight_0 } of models) {
        close(wape, report.wape[name][model], `${name} ${model}`);
        expect(weight_0?.rows).toBe(result.models[0]?.weight_0?.rows);
      }
    }
  });

  test("without stockouts, every row is demand", async () => {
    await query(database, "DELETE FROM inventory_snapshot_daily");
    Object.assign(made, await crossValidate("demand"));
    expect(both().result.models[0]?.weight_0).toBeNull();
  });

  test("our file has the rows and dtypes of theirs", () => {
    const { result, report } = both();
    expect(report).toMatchObject({ rows: 240 * 7 * 4, rows_of_both: 240 * 7 * 4, y_differs: 0 });
    const { unique_id, ds, cutoff, ...numbers } = report.dtypes;
    expect(unique_id).toMatch(/^(object|str)/);
    expect([ds, cutoff]).toEqual(["datetime64[us]", "datetime64[us]"]);
    expect(Object.keys(numbers).sort()).toEqual(
      ["y", "sample_weight", ...result.models.map(({ model }) => model)].sort(),
    );
    expect(new Set(Object.values(numbers))).toEqual(new Set(["float64"]));
  });

  test("the naive, seasonal naive and mean models forecast what those of statsforecast do", () => {
    const { differs } = both().report;
    expect(Object.keys(differs)).toHaveLength(4);
    for (const [model, largest] of Object.entries(differs)) expect(largest, model).toBeLessThanOrEqual(1e-9);
  });

  test("utilsforecast gives our file our scores", () => {
    const { result, report } = both();
    expect(Object.keys(report.ours).sort()).toEqual(result.models.map(({ model }) => model).sort());
    for (const scores of result.models) {
      for (const name of ["mae", "rmse", "wape", "rmsse", "mase"] as const) {
        close(scores[name], report.ours[scores.model]?.[name], `${scores.model} ${name}`);
      }
    }
    const mean = result.models.find(({ model }) => model === "mean_28");
    for (const { level, coverage } of mean?.intervals ?? []) {
      close(coverage, report.coverage[level], `coverage ${level}`);
    }
  });
});
