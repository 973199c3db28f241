import { flat, type History, type Model, observationsOf, repeated } from "./history.ts";

/** The last observed value (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.2). */
export const naive: Model = (history, horizon, season) => {
  const { count, values } = observationsOf(history, season);
  return flat(count === 0 ? 0 : (values[count - 1] as number), horizon);
};

/**
 * The last observed value of the same position in the season (the same source). A position that was never observed gets the
 * last observed value of the series.
 */
export const seasonalNaive: Model = (history, horizon, season) => {
  const { count, values, positions, nextPosition } = observationsOf(history, season);
  const last = new Float64Array(season).fill(count === 0 ? 0 : (values[count - 1] as number));
  for (let index = 0; index < count; index++) last[positions[index] as number] = values[index] as number;
  return repeated(last, nextPosition, horizon);
};

/** The mean of the last `window` observed periods, of all if there are fewer. */
export const windowMean =
  (window: number): Model =>
  (history, horizon, season) => {
    const { count, values } = observationsOf(history, season);
    return flat(meanOfLast(values, count, window), horizon);
  };

/**
 * The mean of the last `window` observed values of the same position in the season, of all if there are fewer. A position that
 * was never observed gets the mean of the last `window` seasons of observed periods.
 */
export const seasonalMean =
  (window: number): Model =>
  (history: History, horizon, season) => {
    const { count, values, positions, nextPosition } = observationsOf(history, season);
    const sums = new Float64Array(season);
    const counts = new Int32Array(season);
    let open = season;
    for (let index = count - 1; index >= 0 && open > 0; index--) {
      const position = positions[index] as number;
      const seen = counts[position] as number;
      if (seen === window) continue;
      sums[position] = (sums[position] as number) + (values[index] as number);
      counts[position] = seen + 1;
      if (seen + 1 === window) open--;
    }
    const otherwise = meanOfLast(values, count, window * season);
    const means = sums.map((sum, position) => {
      const seen = counts[position] as number;
      return seen === 0 ? otherwise : sum / seen;
    });
    return repeated(means, nextPosition, horizon);
  };

function meanOfLast(values: Float64Array, count: number, window: number): number {
  const from = Math.max(0, count - window);
  let sum = 0;
  for (let index = from; index < count; index++) sum += values[index] as number;
  return count === from ? 0 : sum / (count - from);
}
