import type { Database } from "../../database/connection.ts";
import { ForecastLabError, fail } from "../../errors.ts";
import {
  checkDefinition,
  type Driver,
  dateOf,
  dayOf,
  grainOf,
  lastComplete,
  type VisitedFolds,
  visitFolds,
  type WithReader,
  withSnapshot,
} from "../../frame/index.ts";
import * as kinds from "../../system/arguments.ts";
import { phaseClock } from "../../system/phase-clock.ts";
import { defaultLevels } from "../intervals.ts";
import { reportOf, type Scoreboard } from "../scores/scoreboard.ts";
import { addBaselines } from "./baseline-forecasts.ts";
import { type BlockForecasts, readBlock, seasonPosition, seasons } from "./block.ts";
import {
  type BacktestFold,
  type BacktestRequest,
  type BacktestResult,
  backtestPhases,
  type ModelScores,
  type RidgeSummary,
} from "./request.ts";
import { openRidge, type RidgeForecasts } from "./ridge-forecasts.ts";
import { scoreBlocks } from "./score-blocks.ts";
import { openForecastFile } from "./write-forecasts.ts";

/**
 * Forecasts known periods from what was known before them, with the baselines and a ridge regression on the frame's columns, and scores
 * the forecasts; see docs/backtest.md. The last fold ends with the cutoff, and the others begin a step earlier each. Every fold is a
 * frame of its own cutoff, so no model knows what came after it.
 *
 * @returns scores per model; with `out`, the forecasts are in a file: one row per series, period and fold
 * @throws BACKTEST_BEYOND_DATA if the folds reach beyond the first sales, and the errors of {@link buildFrame}
 * @example
 * import { backtest, databaseOf } from "forecastlab";
 *
 * const database = databaseOf("postgres://localhost:5432/retail");
 * const { models } = await backtest(database, { cutoff: "2024-05-14", horizon: 14, folds: 4 });
 * for (const { model, wape, rmsse } of models) console.log(model, wape, rmsse);
 */
export async function backtest(database: Database, request: BacktestRequest): Promise<BacktestResult> {
  kinds.requireArguments(
    "backtest",
    { database, request },
    { database: kinds.database, request: kinds.object },
  );
  kinds.requireArguments("backtest", request, {
    "folds?": kinds.wholeNumber,
    "step?": kinds.wholeNumber,
    "out?": kinds.text,
    "levels?": kinds.numbers,
    "onProgress?": kinds.callback,
  });
  return backtestFrom((work) => withSnapshot(database, request.signal, work), request);
}

/** The same with any reader, with drivers that no spec can name, and in blocks of any size. */
export async function backtestFrom(
  withReader: WithReader,
  request: BacktestRequest,
  options: { readonly extra?: readonly Driver[]; readonly blockPeriods?: number | undefined } = {},
): Promise<BacktestResult> {
  const { cutoff, horizon, folds = 3, step = horizon, out, signal, onProgress } = request;
  const levels = levelsOf(request.levels ?? defaultLevels);
  const checked = await checkDefinition("backtest", request);
  const { spec } = checked;
  const grain = grainOf(spec.freq, spec.week_start ?? undefined);
  requireCounts(folds, step);
  const last = lastComplete(grain, dayOf(cutoff));
  const first = grain.periodOf(firstDay);
  const origins = Array.from({ length: folds }, (_, index) =>
    dateOf(grain.lastDay(Math.max(first, last - horizon - (folds - 1 - index) * step))),
  );
  const definition = { ...checked, cutoffs: [...new Set(origins)] };
  const season = seasons[spec.freq];
  const clock = phaseClock(backtestPhases, onProgress);
  const file = out === undefined ? undefined : openForecastFile(out, levels);
  const blocks: BlockForecasts[] = [];
  let ended: Ended | undefined;
  try {
    await visitFolds<{ visited: VisitedFolds; ridge: RidgeForecasts }>(withReader, definition, {
      ...{ until: cutoff, signal, extra: options.extra, blockPeriods: options.blockPeriods },
      onExtract: clock.progress,
      onBlock: clock.progress,
      begin: async (visited) => {
        clock.enter("forecast");
        return { visited, ridge: await openRidge(visited, horizon) };
      },
      visit: async ({ visited, ridge }, block) => {
        const read = await readBlock(visited, block, spec.closed_days === "drop");
        await ridge.add(block);
        const positionOf = (period: number) => seasonPosition(grain, period);
        await addBaselines(read, { horizon, season, positionOf, signal });
        blocks.push(read);
      },
      end: async ({ visited, ridge }) => {
        const summary = await ridge.finish(blocks);
        clock.enter("score");
        const day = (period: number) => dateOf(grain.firstDay(period));
        const onSeries = file && ((scored: Parameters<typeof file.add>[0]) => file.add(scored, day));
        const boards = await scoreBlocks(blocks, {
          ...{ horizon, season, levels, onSeries, signal, onProgress: clock.progress },
        });
        await file?.publish(visited.engine);
        ended = { boards, summary, folds: foldsOf(blocks, visited, horizon) };
      },
    });
  } catch (error) {
    file?.discard();
    throw beyondData(error, { cutoff, folds, step, horizon, freq: spec.freq });
  }
  const { boards, summary, folds: done } = ended as Ended;
  return {
    ...{ cutoff, horizon, step, freq: spec.freq, season },
    folds: done,
    models: modelsOf(boards),
    ridge: summary,
    out: out ?? null,
    seconds: clock.stop(),
  };
}

/** No warehouse has sales before it, and not all earlier days can be written. */
const firstDay = dayOf("0001-01-01");

interface Ended {
  readonly boards: ReadonlyMap<string, Scoreboard>;
  readonly summary: RidgeSummary | null;
  readonly folds: readonly BacktestFold[];
}

function requireCounts(folds: number, step: number): void {
  if (folds < 1 || folds > 100) {
    throw fail("USAGE", { problem: `The number of folds is from 1 to 100, not ${folds}.` });
  }
  if (step < 1 || step > 1000) {
    throw fail("USAGE", { problem: `The step is a number of periods from 1 to 1000, not ${step}.` });
  }
}

function levelsOf(levels: readonly number[]): number[] {
  const wrong = levels.find((level) => !(level > 0 && level < 100));
  if (wrong !== undefined) {
    throw fail("USAGE", { problem: `A level of intervals is between 0 and 100 percent, not ${wrong}.` });
  }
  return [...new Set(levels)].sort((a, b) => a - b);
}

/** Scores of models, the smallest rmsse first; those without one last. */
export function modelsOf(boards: ReadonlyMap<string, Scoreboard>): ModelScores[] {
  const models = [...boards].map(([model, board]): ModelScores => {
    const { scored, weight_0, by } = reportOf(board);
    return { model, ...scored, weight_0, by };
  });
  const rank = ({ rmsse, rmse }: ModelScores) => [rmsse ?? Number.POSITIVE_INFINITY, rmse ?? 0] as const;
  return models.sort((a, b) => {
    const [[x, u], [y, v]] = [rank(a), rank(b)];
    return x === y ? u - v : x < y ? -1 : 1;
  });
}

const foldsOf = (blocks: readonly BlockForecasts[], { folds, grain }: VisitedFolds, horizon: number) =>
  folds.map(
    (fold, index): BacktestFold => ({
      cutoff: fold.cutoff,
      from: dateOf(grain.firstDay(fold.period + 1)),
      to: dateOf(grain.firstDay(fold.period + horizon)),
      series: blocks.reduce((sum, block) => sum + (block.folds[index]?.series.length ?? 0), 0),
    }),
  );

/** The cutoffs of the folds were not asked for by name: sentences are about the folds, or about the cutoff that was given. */
function beyondData(
  error: unknown,
  given: { cutoff: string; folds: number; step: number; horizon: number; freq: string },
): unknown {
  if (!(error instanceof ForecastLabError)) return error;
  const received = error.received as Record<string, string>;
  const { cutoff: first, from = "later", to = "", known = "", hint = "" } = received;
  if (first === undefined || first === given.cutoff) return error;
  switch (error.code) {
    case "FRAME_CUTOFF_OUTSIDE":
      if (first < from && from <= given.cutoff)
        return fail("BACKTEST_BEYOND_DATA", { ...given, first, from }, error);
      return fail("FRAME_CUTOFF_OUTSIDE", { cutoff: given.cutoff, from, to, known, hint }, error);
    case "FRAME_PERIOD_INCOMPLETE":
    case "FRAME_SELECTION_EMPTY":
      return fail("BACKTEST_BEYOND_DATA", { ...given, first, from }, error);
    default:
      return error;
  }
}
