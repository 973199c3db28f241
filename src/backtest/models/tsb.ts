import { deseasonalized } from "./exponential-smoothing.ts";
import { type Model, observationsOf, repeated } from "./history.ts";
import { seasonalIndicesOf } from "./seasonal-indices.ts";

/**
 * The method of Teunter, Syntetos and Babai (Intermittent demand: linking forecasting to inventory obsolescence, 2011) with
 * fixed parameters: the probability of a sale times its size, both smoothed, the size in periods with a sale only. They begin
 * with the first period and with the first sale; equal to `TSB` of statsforecast. 0 if nothing was sold.
 *
 * @param y not negative; `count` of them are used, all by default
 */
export function tsb(y: Float64Array, alphaD: number, alphaP: number, count: number = y.length): number {
  let size = 0;
  let probability = count > 0 && (y[0] as number) > 0 ? 1 : 0;
  for (let index = 0; index < count; index++) {
    const value = y[index] as number;
    const sold = value > 0;
    probability += alphaP * ((sold ? 1 : 0) - probability);
    if (sold) size = size === 0 ? value : size + alphaD * (value - size);
  }
  return probability * size;
}

/** The parameters that are tried, for the size and for the probability. */
export const sizeAlphas = Float64Array.of(0.02, 0.05, 0.1, 0.2, 0.4);
export const probabilityAlphas = Float64Array.of(0.02, 0.05, 0.1, 0.2, 0.4);

/**
 * The same on the series without its season, with the parameters that have the smallest squared error one step ahead on the
 * scale of `y`, counted after the first sale; the smaller parameters if two pairs are equal. Negative values count as no sale.
 */
export const tsbSeasonal: Model = (history, horizon, season) => {
  const observations = observationsOf(history, season);
  const indices = seasonalIndicesOf(observations, season);
  const { count, values, factors } = deseasonalized(observations, indices);
  const level = fitted(values, factors, count);
  return repeated(
    indices.map((index) => index * level),
    observations.nextPosition,
    horizon,
  );
};

/**
 * The sizes and the probabilities do not depend on each other: each is smoothed once per parameter, and the pairs only need
 * the sum of squares of their product.
 */
function fitted(values: Float64Array, factors: Float64Array, count: number): number {
  let first = 0;
  while (first < count && !((values[first] as number) > 0)) first++;
  if (first === count) return 0;
  const sizes = Array.from(sizeAlphas, (alpha) => sizesBefore(values, count, first, alpha));
  const probabilities = Array.from(probabilityAlphas, (alpha) => probabilitiesBefore(values, count, alpha));
  let [alphaD, alphaP, least] = [0, 0, Number.POSITIVE_INFINITY];
  sizes.forEach((size, d) => {
    probabilities.forEach((probability, p) => {
      const error = squaredError(values, factors, size, probability, first + 1, count);
      if (error < least)
        [alphaD, alphaP, least] = [sizeAlphas[d] as number, probabilityAlphas[p] as number, error];
    });
  });
  return tsb(values, alphaD, alphaP, count);
}

function squaredError(
  values: Float64Array,
  factors: Float64Array,
  size: Float64Array,
  probability: Float64Array,
  from: number,
  count: number,
): number {
  let total = 0;
  for (let index = from; index < count; index++) {
    const error =
      ((values[index] as number) - (size[index] as number) * (probability[index] as number)) *
      (factors[index] as number);
    total += error * error;
  }
  return total;
}

/** The smoothed size as it is known before each period. */
function sizesBefore(values: Float64Array, count: number, first: number, alpha: number): Float64Array {
  const before = new Float64Array(count);
  let size = values[first] as number;
  for (let index = first; index < count; index++) {
    before[index] = size;
    const value = values[index] as number;
    if (value > 0) size += alpha * (value - size);
  }
  return before;
}

function probabilitiesBefore(values: Float64Array, count: number, alpha: number): Float64Array {
  const before = new Float64Array(count);
  let probability = (values[0] as number) > 0 ? 1 : 0;
  for (let index = 0; index < count; index++) {
    before[index] = probability;
    probability += alpha * (((values[index] as number) > 0 ? 1 : 0) - probability);
  }
  return before;
}
