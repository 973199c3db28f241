import { type DemandClass, demandClasses } from "../classify.ts";
import { bucketOf, stepBuckets } from "../step-buckets.ts";
import type { Scales } from "./scale.ts";
import { type Scores, scoresOf } from "./scores.ts";
import { addInterval, addRow, closeSeries, emptyTally, mergeTally, type Tally } from "./tally.ts";

/** The forecasts of one model for one series and fold, one element per row in all arrays. */
export interface SeriesForecasts {
  readonly y: Float64Array;
  readonly weight: Uint8Array | Float64Array;
  readonly forecast: Float64Array;
  /** Periods after the cutoff, from 1. */
  readonly steps: Int32Array;
  /** Bounds in the order of the board's levels; NaN if a row has none. */
  readonly intervals: readonly { readonly lo: Float64Array; readonly hi: Float64Array }[];
  /** From the training periods of the fold. */
  readonly scales: Scales;
}

/** What a series is scored by, besides the step. Null is a group of its own. */
export interface SeriesGroups {
  /** Null for a series whose history is not known. */
  readonly class: DemandClass | null;
  readonly store: string | null;
  readonly category: string | null;
}

const dimensions = ["step", "class", "store", "category"] as const;
export type Dimension = (typeof dimensions)[number];

/** Rows of weight 0 are not demand; they are scored, but apart. */
interface Pair {
  readonly scored: Tally;
  readonly weight0: Tally;
}

/** The tallies of one model, for all rows and by group. Plain data: it can be posted to another thread. */
export interface Scoreboard {
  /** Of the intervals, in percent. */
  readonly levels: readonly number[];
  readonly overall: Pair;
  readonly groups: Readonly<Record<Dimension, Map<string | null, Pair>>>;
}

const emptyPair = (levels: number): Pair => ({ scored: emptyTally(levels), weight0: emptyTally(levels) });

export const emptyScoreboard = (levels: readonly number[]): Scoreboard => ({
  levels,
  overall: emptyPair(levels.length),
  groups: { step: new Map(), class: new Map(), store: new Map(), category: new Map() },
});

/**
 * Adds the forecasts of one series and fold. For rmsse and mase, a series counts once per fold in each group; in a group of
 * steps, only its rows of these steps count.
 */
export function addForecasts(board: Scoreboard, groups: SeriesGroups, forecasts: SeriesForecasts): void {
  const { levels } = board;
  if (forecasts.intervals.length !== levels.length) throw new Error("intervals of other levels");
  const buckets = stepBuckets.map((): Pair | undefined => undefined);
  for (let row = 0; row < forecasts.y.length; row++) {
    const bucket = bucketOf(forecasts.steps[row] as number);
    const pair = buckets[bucket] ?? emptyPair(levels.length);
    buckets[bucket] = pair;
    score((forecasts.weight[row] as number) > 0 ? pair.scored : pair.weight0, levels, forecasts, row);
  }
  const whole = emptyPair(levels.length);
  stepBuckets.forEach(({ name }, bucket) => {
    const pair = buckets[bucket];
    if (pair === undefined) return;
    merge(whole, pair);
    close(pair, forecasts.scales);
    merge(groupOf(board, "step", name), pair);
  });
  close(whole, forecasts.scales);
  merge(board.overall, whole);
  for (const dimension of ["class", "store", "category"] as const) {
    merge(groupOf(board, dimension, groups[dimension]), whole);
  }
}

function score(
  tally: Tally,
  levels: readonly number[],
  { y, forecast, intervals }: SeriesForecasts,
  row: number,
): void {
  const actual = y[row] as number;
  if (!addRow(tally, actual, forecast[row] as number)) return;
  for (let index = 0; index < levels.length; index++) {
    const { lo, hi } = intervals[index] as (typeof intervals)[number];
    addInterval(tally, index, levels[index] as number, actual, lo[row] as number, hi[row] as number);
  }
}

function merge(into: Pair, from: Pair): void {
  mergeTally(into.scored, from.scored);
  mergeTally(into.weight0, from.weight0);
}

function close(pair: Pair, scales: Scales): void {
  closeSeries(pair.scored, scales);
  closeSeries(pair.weight0, scales);
}

function groupOf(board: Scoreboard, dimension: Dimension, name: string | null): Pair {
  const groups = board.groups[dimension];
  const found = groups.get(name) ?? emptyPair(board.levels.length);
  groups.set(name, found);
  return found;
}

/** Adds the tallies of another board of the same levels, such as that of other series or folds. */
export function mergeScoreboard(into: Scoreboard, from: Scoreboard): void {
  merge(into.overall, from.overall);
  for (const dimension of dimensions) {
    for (const [name, pair] of from.groups[dimension]) merge(groupOf(into, dimension, name), pair);
  }
}

/** Scores of a group: rows with a weight, and apart from them those of weight 0; null if there are none of these. */
export interface GroupScores {
  readonly scored: Scores;
  readonly weight_0: Scores | null;
}

export interface ScoreReport extends GroupScores {
  readonly by: Readonly<Record<Dimension, readonly (GroupScores & { readonly group: string | null })[]>>;
}

/** All scores of a board. Steps and classes are in their order, stores and categories sorted by name, null last. */
export function reportOf(board: Scoreboard): ScoreReport {
  const of = (dimension: Dimension) =>
    [...board.groups[dimension]]
      .sort(([a], [b]) => orderOf(dimension, a, b))
      .map(([group, pair]) => ({ group, ...groupScores(pair, board.levels) }));
  return {
    ...groupScores(board.overall, board.levels),
    by: { step: of("step"), class: of("class"), store: of("store"), category: of("category") },
  };
}

const orders: Partial<Record<Dimension, readonly string[]>> = {
  step: stepBuckets.map(({ name }) => name),
  class: demandClasses,
};

function orderOf(dimension: Dimension, a: string | null, b: string | null): number {
  const order = orders[dimension];
  if (order !== undefined && a !== null && b !== null) return order.indexOf(a) - order.indexOf(b);
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function groupScores({ scored, weight0 }: Pair, levels: readonly number[]): GroupScores {
  const apart = scoresOf(weight0, levels);
  const none = apart.rows + apart.rows_without_y + apart.rows_without_forecast === 0;
  return { scored: scoresOf(scored, levels), weight_0: none ? null : apart };
}
