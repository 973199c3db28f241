import { bucketOf, stepBuckets } from "./step-buckets.ts";

/** In percent. */
export const defaultLevels: readonly number[] = [80, 95];

/**
 * Residuals of one model in earlier folds, by step bucket, each divided by the scale of its series so that those of all series
 * can be pooled.
 *
 * A bucket keeps at most `limit` residuals, drawn at random with a fixed seed: a random part of exchangeable residuals
 * is as valid for calibration as all of them.
 */
export interface Calibration {
  readonly limit: number;
  readonly buckets: readonly Reservoir[];
}

interface Reservoir {
  kept: Float64Array;
  /** Residuals that were offered; the first `min(seen, limit)` elements of `kept` are set. */
  seen: number;
  random: number;
}

export const emptyCalibration = (limit = 100_000): Calibration => ({
  limit,
  buckets: stepBuckets.map(() => ({ kept: new Float64Array(0), seen: 0, random: 1 })),
});

/** One row per element of the arrays. */
export interface CalibrationRows {
  readonly y: Float64Array;
  readonly weight: Uint8Array | Float64Array;
  readonly forecast: Float64Array;
  readonly steps: Int32Array;
  /** Of the series, from its training periods; residuals of series without one are not used. */
  readonly scale: number | null;
}

/** Adds the residuals of one series and fold. Rows of weight 0 and those without a value or a forecast are not used. */
export function addResiduals(calibration: Calibration, rows: CalibrationRows): void {
  const { y, weight, forecast, steps, scale } = rows;
  if (scale === null || !(scale > 0)) return;
  for (let row = 0; row < y.length; row++) {
    const residual = ((y[row] as number) - (forecast[row] as number)) / scale;
    if (!((weight[row] as number) > 0 && Number.isFinite(residual))) continue;
    keep(calibration.buckets[bucketOf(steps[row] as number)] as Reservoir, residual, calibration.limit);
  }
}

/** Algorithm R (Vitter, Random sampling with a reservoir, 1985). */
function keep(reservoir: Reservoir, residual: number, limit: number): void {
  const at = reservoir.seen++;
  if (at < limit) {
    if (at === reservoir.kept.length) {
      const larger = new Float64Array(Math.min(limit, Math.max(64, 2 * at)));
      larger.set(reservoir.kept);
      reservoir.kept = larger;
    }
    reservoir.kept[at] = residual;
    return;
  }
  // The multiplier of Lehmer's generator (Park and Miller): products stay exact in a double.
  reservoir.random = (reservoir.random * 16_807) % 2_147_483_647;
  const drawn = Math.floor((reservoir.random / 2_147_483_647) * (at + 1));
  if (drawn < limit) reservoir.kept[drawn] = residual;
}

/** The bounds of an interval as residuals divided by the scale: the forecast plus scale times these. */
export interface BucketInterval {
  readonly level: number;
  /** Null if there are fewer residuals than `needed`. */
  readonly bounds: { readonly lower: number; readonly upper: number } | null;
  readonly residuals: number;
  readonly needed: number;
}

/** One element per step bucket, then one per level. */
export type Intervals = readonly (readonly BucketInterval[])[];

/**
 * Split-conformal bounds (Papadopoulos et al., 2002; Lei et al., Distribution-free predictive inference for regression, 2018)
 * from the residuals of earlier folds.
 *
 * Each tail is calibrated alone, because errors of sales are skewed: with n residuals and `tail` = (100 - level) / 200, the
 * upper bound is the residual of rank ceil((n + 1) (1 - tail)) and the lower one that of the same rank from above. If the new
 * residual is exchangeable with these, at least `level` percent of the intervals hold the actual value. There is no interval if
 * that rank is above n: with fewer than 9 residuals for 80 percent, or 39 for 95.
 */
export function intervalsOf(calibration: Calibration, levels: readonly number[] = defaultLevels): Intervals {
  return calibration.buckets.map(({ kept, seen }) => {
    const sorted = kept.slice(0, Math.min(seen, calibration.limit)).sort();
    return levels.map((level) => bucketInterval(sorted, level));
  });
}

function bucketInterval(sorted: Float64Array, level: number): BucketInterval {
  if (!(level > 0 && level < 100)) throw new Error(`a level of ${level} percent`);
  const tail = (100 - level) / 200;
  const needed = Math.ceil(1 / tail - 1 - slack);
  // The same as n + 1 - ceil((n + 1) (1 - tail)), counted from below, from 1; 40 * 0.025 may be a bit less than 1.
  const rank = Math.floor((sorted.length + 1) * tail + slack);
  const bounds =
    rank < 1 ? null : { lower: sorted[rank - 1] as number, upper: sorted[sorted.length - rank] as number };
  return { level, bounds, residuals: sorted.length, needed };
}

const slack = 1e-9;

/** The bounds of one level, one element per row; NaN if there is none. */
export interface Bounds {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
}

/**
 * The intervals of one series: one element per level. Without a scale of the series there are none.
 *
 * @param nonNegative whether no observed value of the history is negative; then no bound is
 */
export function boundsOf(
  intervals: Intervals,
  forecast: Float64Array,
  steps: Int32Array,
  scale: number | null,
  nonNegative: boolean,
): Bounds[] {
  const levels = intervals[0]?.length ?? 0;
  return Array.from({ length: levels }, (_, index) => {
    const bound = (side: "lower" | "upper") =>
      forecast.map((value, row) => {
        const bounds = intervals[bucketOf(steps[row] as number)]?.[index]?.bounds;
        if (bounds === null || bounds === undefined || scale === null) return Number.NaN;
        const at = value + scale * bounds[side];
        return nonNegative ? Math.max(0, at) : at;
      });
    return { lo: bound("lower"), hi: bound("upper") };
  });
}
