import type { Database } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import { type Engine, withEngine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import {
  checkDefinition,
  dateOf,
  dayOf,
  type FrameDefinition,
  type Grain,
  grainOf,
  type VisitedFolds,
  visitFolds,
  type WithReader,
  withSnapshot,
} from "../../frame/index.ts";
import * as kinds from "../../system/arguments.ts";
import { requireDate } from "../../system/dates.ts";
import { classify } from "../classify.ts";
import { boundName, type ForecastModel } from "../forecast-columns.ts";
import { type Forecasts, readForecasts } from "../long-format.ts";
import { scalesOf } from "../scores/scale.ts";
import { addForecasts, type Scoreboard } from "../scores/scoreboard.ts";
import { modelsOf } from "./backtest.ts";
import { type BlockSeries, doubles, joined, readBlock, seasons } from "./block.ts";
import type { ModelScores } from "./request.ts";
import { boardOf, mergeBoards } from "./score-blocks.ts";

export interface ScoreRequest extends Pick<FrameDefinition, "spec" | "freq" | "knownAt"> {
  /** The file, Parquet or CSV, in Nixtla's long format. */
  readonly file: string;
  readonly signal?: AbortSignal | undefined;
}

export interface ScoreResult {
  readonly file: string;
  readonly freq: "day" | "week" | "month";
  readonly season: number;
  readonly cutoffs: readonly string[];
  readonly rows: number;
  readonly series: number;
  /** Rows whose actual value comes from the warehouse, because the file has none. */
  readonly y_from_warehouse: number;
  /** Rows whose `y` in the file is not that of the warehouse; the file's is scored. */
  readonly y_differs: number;
  /** Series of the file that the warehouse does not have: they are scored without scales and groups. */
  readonly unknown_series: number;
  /** By rmsse, the smallest first. */
  readonly models: readonly ModelScores[];
}

/**
 * Scores the forecasts of any tool by the definitions of {@link backtest}. Scales, classes, weights and groups of the series come from
 * the warehouse, as known at each cutoff of the file; so does an actual value that the file does not have.
 *
 * @returns scores per model of the file
 * @throws FORECASTS_INVALID, FORECASTS_UNREADABLE, FILE_NOT_FOUND, and the errors of {@link buildFrame}
 * @example
 * import { databaseOf, scoreForecasts } from "forecastlab";
 *
 * const database = databaseOf("postgres://localhost:5432/retail");
 * const { models } = await scoreForecasts(database, { file: "cross_validation.parquet" });
 * for (const { model, wape, bias } of models) console.log(model, wape, bias);
 */
export async function scoreForecasts(database: Database, request: ScoreRequest): Promise<ScoreResult> {
  kinds.requireArguments(
    "scoreForecasts",
    { database, request },
    { database: kinds.database, request: kinds.object },
  );
  kinds.requireArguments("scoreForecasts", request, { file: kinds.text });
  const { file, spec, freq, knownAt, signal } = request;
  const asked = { horizon: 1, spec, freq, knownAt, signal };
  // Before the file is read, which may take long.
  const checked = await checkDefinition("scoreForecasts", asked, []);
  return withEngine(signal, async (engine) => {
    const forecasts = await readForecasts(engine, file);
    const rows = await rowsBySeries(engine, forecasts);
    for (const cutoff of forecasts.cutoffs) requireDate("The cutoff", cutoff);
    const grain = grainOf(checked.spec.freq, checked.spec.week_start ?? undefined);
    for (const [uniqueId, of] of rows) requirePeriods(file, uniqueId, of, grain);
    // A frame's cutoff is the last day of the last known period; a file may have any day of it.
    const cutoffs = forecasts.cutoffs.map((day) => dateOf(grain.lastDay(grain.periodOf(dayOf(day)))));
    let lastDay = 0;
    for (const { days } of [...rows.values()].flat()) lastDay = Math.max(lastDay, days.at(-1) ?? 0);
    const totals: Totals = {
      boards: new Map(forecasts.cutoffs.map((cutoff) => [dayOf(cutoff), new Map()])),
      ...{ y_from_warehouse: 0, y_differs: 0 },
    };
    const reader: WithReader = (work) => withSnapshot(database, signal, work);
    await visitFolds<VisitedFolds>(
      reader,
      { ...checked, cutoffs: [...new Set(cutoffs)] },
      {
        ...{ until: dateOf(grain.lastDay(grain.periodOf(lastDay))), clampsUntil: true, signal },
        begin: async (visited) => visited,
        visit: async (visited, block) => {
          const read = await readBlock(visited, block, checked.spec.closed_days === "drop");
          for (const series of read.series) {
            const found = rows.get(series.uniqueId);
            if (found === undefined) continue;
            rows.delete(series.uniqueId);
            for (const of of found) addFold(totals, forecasts.models, of, grain, series);
          }
        },
        end: async () => {},
      },
    );
    const unknown = rows.size;
    for (const of of [...rows.values()].flat()) addFold(totals, forecasts.models, of, grain, undefined);
    const { y_from_warehouse, y_differs } = totals;
    const boards = new Map<string, Scoreboard>();
    for (const ofCutoff of totals.boards.values()) mergeBoards(boards, ofCutoff);
    return {
      ...{ file, freq: grain.freq, season: seasons[grain.freq], cutoffs: forecasts.cutoffs },
      ...{ rows: forecasts.rows, series: forecasts.series },
      ...{ y_from_warehouse, y_differs, unknown_series: unknown },
      models: modelsOf(boards),
    };
  });
}

/** The forecasts of one series and cutoff, one element per row in all arrays, by `ds`. */
interface FileFold {
  readonly cutoff: number;
  readonly days: Float64Array;
  readonly y: Float64Array;
  readonly weight: Float64Array;
  /** By the name of the column; NaN if it has no value. */
  readonly columns: ReadonlyMap<string, Float64Array>;
}

async function rowsBySeries(
  engine: Engine,
  { models }: Pick<Forecasts, "models">,
): Promise<Map<string, FileFold[]>> {
  const names = models.flatMap(({ name, levels }) => [
    name,
    ...levels.flatMap((level) => [boundName(name, "lo", level), boundName(name, "hi", level)]),
  ]);
  const day = (name: string) => `(${name} - DATE '1970-01-01')::DOUBLE`;
  const value = (name: string) => `coalesce(${quoteIdentifier(name)}, 'NaN'::DOUBLE)`;
  const groups = await engine.rows<{ unique_id: string; rows: number }>(
    "SELECT unique_id, count(*) AS rows FROM forecasts GROUP BY unique_id, cutoff ORDER BY unique_id, cutoff",
  );
  const cells = ["cutoff", "ds"].map(day).concat(["y", "sample_weight", ...names].map(value));
  const all = cells.map((): Float64Array[] => []);
  for await (const { rows, columns } of engine.chunks(
    `SELECT ${cells.join(", ")} FROM forecasts ORDER BY unique_id, forecasts.cutoff, forecasts.ds`,
  )) {
    for (const [index, column] of columns.entries()) all[index]?.push(doubles(column.values(8), rows));
  }
  const [cutoff, days, y, weight, ...values] = all.map(joined);
  const bySeries = new Map<string, FileFold[]>();
  let at = 0;
  for (const { unique_id, rows } of groups) {
    const part = (column: Float64Array | undefined) =>
      (column ?? new Float64Array(0)).subarray(at, at + rows);
    const fold: FileFold = {
      cutoff: part(cutoff)[0] ?? 0,
      ...{ days: part(days), y: part(y), weight: part(weight) },
      columns: new Map(names.map((name, index) => [name, part(values[index])])),
    };
    const folds = bySeries.get(unique_id);
    if (folds === undefined) bySeries.set(unique_id, [fold]);
    else folds.push(fold);
    at += rows;
  }
  return bySeries;
}

/** @throws FORECASTS_INVALID if rows are not of one period each, after the cutoff */
function requirePeriods(path: string, uniqueId: string, folds: readonly FileFold[], grain: Grain): void {
  for (const { cutoff, days } of folds) {
    const seen = new Set<number>();
    for (const day of days) {
      const period = grain.periodOf(day);
      const of = `the row of ${uniqueId} on ${dateOf(day)}`;
      if (period <= grain.periodOf(cutoff)) {
        const problem = `${of} is not in a later ${grain.freq} than its cutoff ${dateOf(cutoff)}`;
        throw fail("FORECASTS_INVALID", { path, problem });
      }
      if (seen.has(period)) {
        const problem = `${of} is in the same ${grain.freq} as another one`;
        throw fail("FORECASTS_INVALID", { path, problem });
      }
      seen.add(period);
    }
  }
}

interface Totals {
  /** By cutoff, in ascending order, and by model. */
  readonly boards: ReadonlyMap<number, Map<string, Scoreboard>>;
  y_from_warehouse: number;
  y_differs: number;
}

function addFold(
  totals: Totals,
  models: readonly ForecastModel[],
  fold: FileFold,
  grain: Grain,
  series: BlockSeries | undefined,
): void {
  const until = grain.periodOf(fold.cutoff);
  const steps = Int32Array.from(fold.days, (day) => grain.periodOf(day) - until);
  const [y, weight] = [Float64Array.from(fold.y), Float64Array.from(fold.weight)];
  if (series !== undefined) {
    for (const [row, step] of steps.entries()) {
      const at = until + step - series.firstPeriod;
      // Before its first sale and after the last known period, the warehouse knows nothing about a series.
      if (at < 0 || at >= series.y.length) continue;
      weight[row] = Math.min(weight[row] as number, series.weight[at] as number);
      const [given, actual] = [y[row] as number, series.y[at] as number];
      if (!Number.isFinite(actual)) continue;
      if (Number.isNaN(given)) {
        y[row] = actual;
        totals.y_from_warehouse++;
      } else if (Math.abs(given - actual) > 1e-6 * Math.max(1, Math.abs(actual))) totals.y_differs++;
    }
  }
  const known = series === undefined ? 0 : Math.max(0, until - series.firstPeriod + 1);
  const [history, weights] = [
    series?.y.subarray(0, known) ?? new Float64Array(0),
    series?.weight.subarray(0, known) ?? new Float64Array(0),
  ];
  const scales = scalesOf(history, weights, seasons[grain.freq]);
  const groups = {
    class: series === undefined ? null : classify(history, weights).class,
    store: series?.store ?? null,
    category: series?.category ?? null,
  };
  const boards = totals.boards.get(fold.cutoff);
  if (boards === undefined) throw new Error(`cutoff ${dateOf(fold.cutoff)} is not in the file`);
  for (const { name, levels } of models) {
    const column = (of: string) => fold.columns.get(of) ?? new Float64Array(steps.length);
    addForecasts(boardOf(boards, name, levels), groups, {
      ...{ y, weight, steps, scales, forecast: column(name) },
      intervals: levels.map((level) => ({
        lo: column(boundName(name, "lo", level)),
        hi: column(boundName(name, "hi", level)),
      })),
    });
  }
}
