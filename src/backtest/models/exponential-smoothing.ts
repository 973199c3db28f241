import { flat, type Model, type Observations, observationsOf, repeated } from "./history.ts";
import { seasonalIndicesOf } from "./seasonal-indices.ts";

/**
 * Simple exponential smoothing with a fixed parameter: the forecast after the last value. It begins with the first value
 * (Gardner, Exponential smoothing: the state of the art, 1985); equal to `SimpleExponentialSmoothing` of statsforecast.
 *
 * @param y at least one value; `count` of them are used, all by default
 */
export function ses(y: Float64Array, alpha: number, count: number = y.length): number {
  let level = y[0] as number;
  for (let index = 1; index < count; index++) level += alpha * ((y[index] as number) - level);
  return level;
}

/** The values of alpha that are tried. */
export const alphas = Float64Array.of(0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9);

/**
 * Simple exponential smoothing of the series without its season, with the alpha of {@link alphas} that has the smallest
 * squared error one step ahead on the scale of `y`; the smaller alpha if two are equal. See {@link seasonalIndicesOf}.
 */
export const sesSeasonal: Model = (history, horizon, season) => {
  const observations = observationsOf(history, season);
  const indices = seasonalIndicesOf(observations, season);
  const level = smoothedLevel(observations, indices);
  return repeated(
    indices.map((index) => index * level),
    observations.nextPosition,
    horizon,
  );
};

/** The same without a season. */
export function sesFlat(observations: Observations, horizon: number): Float64Array {
  return flat(smoothedLevel(observations, noSeason), horizon);
}

const noSeason = Float64Array.of(1);

function smoothedLevel(observations: Observations, indices: Float64Array): number {
  const { count, values, factors } = deseasonalized(observations, indices);
  if (count === 0) return 0;
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const alpha of alphas) {
    const error = squaredErrorOf(values, factors, count, alpha);
    if (error < least) [best, least] = [alpha, error];
  }
  return ses(values, best, count);
}

function squaredErrorOf(values: Float64Array, factors: Float64Array, count: number, alpha: number): number {
  let level = values[0] as number;
  let total = 0;
  for (let index = 1; index < count; index++) {
    const error = (values[index] as number) - level;
    const scaled = error * (factors[index] as number);
    total += scaled * scaled;
    level += alpha * error;
  }
  return total;
}

/** The observed values divided by the index of their position, and that index; without those of index 0. */
export function deseasonalized(
  { count, values, positions }: Observations,
  indices: Float64Array,
): { readonly count: number; readonly values: Float64Array; readonly factors: Float64Array } {
  const scaled = new Float64Array(count);
  const factors = new Float64Array(count);
  const seasonal = indices.length > 1;
  let kept = 0;
  for (let at = 0; at < count; at++) {
    const index = indices[seasonal ? (positions[at] as number) : 0] as number;
    if (index === 0) continue;
    scaled[kept] = (values[at] as number) / index;
    factors[kept] = index;
    kept++;
  }
  return { count: kept, values: scaled, factors };
}
