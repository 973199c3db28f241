import { classify, type DemandClass } from "../classify.ts";
import {
  addResiduals,
  type Bounds,
  boundsOf,
  type Calibration,
  emptyCalibration,
  type Intervals,
  intervalsOf,
} from "../intervals.ts";
import { type Scales, scalesOf } from "../scores/scale.ts";
import { addForecasts, emptyScoreboard, type Scoreboard } from "../scores/scoreboard.ts";
import type { BlockFold, BlockForecasts, BlockSeries } from "./block.ts";

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
 * the folds before it.
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
    const intervals = new Map<string, Intervals>();
    for (const [name, calibration] of calibrations) {
      intervals.set(name, intervalsOf(calibration, levels));
      // The next fold is calibrated with this one too.
    }
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
          const board = boards.get(name) ?? emptyScoreboard(levels);
          boards.set(name, board);
          addForecasts(
            board,
            { class: facts.class, store: series.store, category: series.category },
            { ...facts, forecast: values, steps, intervals: bounds },
          );
          const calibration = calibrations.get(name) ?? emptyCalibration();
          calibrations.set(name, calibration);
          addResiduals(calibration, {
            ...{ y: facts.y, weight: facts.weight, forecast: values, steps },
            scale: facts.spread,
          });
          return { name, forecast: values, intervals: bounds };
        });
        await onSeries?.({ series, fold, y: facts.y, weight: facts.weight, models });
      }
    }
  }
  return boards;
}

interface Facts {
  readonly y: Float64Array;
  readonly weight: Float64Array;
  readonly scales: Scales;
  /** What residuals are divided by to be pooled: the root of the rmsse scale, which short histories have too. */
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
