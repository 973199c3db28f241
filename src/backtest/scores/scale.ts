/** What errors of a series are divided by; null if it is not defined. */
export interface Scales {
  /** Mean squared difference of consecutive periods. */
  readonly rmsse: number | null;
  /** Mean absolute difference of periods that are a season apart. */
  readonly mase: number | null;
}

/**
 * The scales of a series from its training periods: RMSSE by the naive forecast one period ahead (Makridakis, Spiliotis and
 * Assimakopoulos, The M5 competition, 2022), MASE by the seasonal naive one (Hyndman and Koehler, Another look at measures of
 * forecast accuracy, 2006). Equal to `rmsse` with seasonality 1 and `mase` with the season in utilsforecast.
 *
 * Only pairs whose periods are both observed count. Without such a pair, or if all differences are 0 (a constant history), a
 * scale is not defined.
 */
export function scalesOf(y: Float64Array, weight: Uint8Array | Float64Array, season: number): Scales {
  return {
    rmsse: meanDifference(y, weight, 1, 2),
    mase: meanDifference(y, weight, season, 1),
  };
}

/** The mean of |y[t] - y[t - lag]|^power; null if it is not defined or 0. */
export function meanDifference(
  y: Float64Array,
  weight: Uint8Array | Float64Array,
  lag: number,
  power: 1 | 2,
): number | null {
  let total = 0;
  let pairs = 0;
  for (let period = lag; period < y.length; period++) {
    const difference = (y[period] as number) - (y[period - lag] as number);
    const observed = (weight[period] as number) > 0 && (weight[period - lag] as number) > 0;
    if (!observed || !Number.isFinite(difference)) continue;
    total += power === 1 ? Math.abs(difference) : difference * difference;
    pairs++;
  }
  return total > 0 && Number.isFinite(total) ? total / pairs : null;
}
