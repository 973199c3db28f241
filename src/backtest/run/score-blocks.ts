import { classify, type DemandClass } from "../classify.ts";
import { type Bounds, boundsOf, type Calibration, intervalsOf } from "../intervals.ts";
import { type Scales, scalesOf } from "../scores/scale.ts";
import { addForecasts, emptyScoreboard, mergeScoreboard, type Scoreboard } from "../scores/scoreboard.ts";
import type { BlockFold, BlockForecasts, BlockSeries } from "./block.ts";
import { addKnownResiduals } from "./known-residuals.ts";

/** The forecasts of one series and fold by all models, one element per step in all arrays. */
export interface ScoredSeries {
  readonly series: BlockSeries;
  readonly fold: BlockFold["fold"];
  readonly y: Float64Array;
  readonly weight: Float64Array;
  readonly models: readonly {
    readonly name: string;
    readonly forecast: Float64Array;
    /** One element per level. */
    readonly intervals: readonly Bounds[];
  }[];
}

/**
 * Scores the forecasts of all blocks, the earliest fold first, because the intervals of a fold are calibrated with the residuals of
 * earlier folds that are known on its cutoff.
 *
 * @param onSeries called for each series and fold, in the order of folds, then of series
 * @returns a scoreboard per model
 */
export async function scoreBlocks(
  blocks: readonly BlockForecasts[],
  options: {
    readonly horizon: number;
    readonly season: number;
    readonly levels: readonly number[];
    readonly onSeries?: ((scored: ScoredSeries) => Promise<void> | undefined) | undefined;
    readonly onProgress: (done: number, of: number) => void;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Map<string, Scoreboard>> {
  const { horizon, season, levels, onSeries, onProgress, signal } = options;
  const boards = new Map<string, Scoreboard>();
  const calibrations = new Map<string, Calibration>();
  const steps = Int32Array.from({ length: horizon }, (_, index) => index + 1);
  const folds = Math.max(0, ...blocks.map((block) => block.folds.length));
  for (let index = 0; index < folds; index++) {
    await addKnownResiduals(calibrations, blocks, { index, horizon, signal });
    const intervals = new Map(
      [...calibrations].map(([name, calibration]) => [name, intervalsOf(calibration, levels)]),
    );
    const ofFold = new Map<string, Scoreboard>();
    for (const [number, block] of blocks.entries()) {
      signal?.throwIfAborted();
      onProgress(index * blocks.length + number, folds * blocks.length);
      await new Promise((resolve) => setImmediate(resolve));
      const of = block.folds[index];
      if (of === undefined) continue;
      const { fold, series: forecast, forecasts } = of;
      for (let at = 0; at < forecast.length; at++) {
        const series = block.series[forecast[at] as number] as BlockSeries;
        const facts = factsOf(series, fold.period, horizon, season);
        const models = [...forecasts].map(([name, all]) => {
          const values = all.subarray(at * horizon, (at + 1) * horizon);
          const known = intervals.get(name);
          const bounds =
            known === undefined
              ? levels.map(() => none(horizon))
              : boundsOf(known, values, steps, facts.spread, facts.nonNegative);
          addForecasts(
            boardOf(ofFold, name, levels),
            { class: facts.class, store: series.store, category: series.category },
            { ...facts, forecast: values, steps, intervals: bounds },
          );
          return { name, forecast: values, intervals: bounds };
        });
        await onSeries?.({ series, fold, y: facts.y, weight: facts.weight, models });
      }
    }
    mergeBoards(boards, ofFold);
  }
  return boards;
}

/** The board of a model, which is added if it is not there. */
export function boardOf(
  boards: Map<string, Scoreboard>,
  model: string,
  levels: readonly number[],
): Scoreboard {
  const board = boards.get(model) ?? emptyScoreboard(levels);
  boards.set(model, board);
  return board;
}

/**
 * Adds the boards of a fold. Folds are added up one by one, each in the order of its series, so that the scores of forecasts that were
 * written to a file have the same last digits.
 */
export function mergeBoards(into: Map<string, Scoreboard>, fold: ReadonlyMap<string, Scoreboard>): void {
  for (const [model, board] of fold) mergeScoreboard(boardOf(into, model, board.levels), board);
}

interface Facts {
  readonly y: Float64Array;
  readonly weight: Float64Array;
  readonly scales: Scales;
  /** See {@link spreadOf}. */
  readonly spread: number | null;
  readonly class: DemandClass;
  readonly nonNegative: boolean;
}

/** The actual values of the horizon; scales and class are of the history before it. */
function factsOf(
  { y, weight, firstPeriod }: BlockSeries,
  until: number,
  horizon: number,
  season: number,
): Facts {
  const known = until - firstPeriod + 1;
  const [history, weights] = [y.subarray(0, known), weight.subarray(0, known)];
  const after = (values: Float64Array, missing: number) => {
    const part = values.subarray(known, known + horizon);
    if (part.length === horizon) return part;
    const padded = new Float64Array(horizon).fill(missing);
    padded.set(part);
    return padded;
  };
  const scales = scalesOf(history, weights, season);
  return {
    y: after(y, Number.NaN),
    weight: after(weight, 0),
    scales,
    spread: scales.rmsse === null ? null : Math.sqrt(scales.rmsse),
    class: classify(history, weights).class,
    nonNegative: !history.some((value, index) => value < 0 && (weights[index] as number) > 0),
  };
}

const none = (horizon: number): Bounds => ({
  lo: new Float64Array(horizon).fill(Number.NaN),
  hi: new Float64Array(horizon).fill(Number.NaN),
});
