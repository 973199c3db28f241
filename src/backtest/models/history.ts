/**
 * What a model learns from: one series up to the cutoff, one element per period (day, week or month), oldest first.
 *
 * A period is observed if its weight is above 0 and its `y` is a finite number; weights are not graded beyond that. Models
 * do not learn from the others (stockouts, closed days, unknown values): means skip them, and levels stay as they are.
 */
export interface History {
  readonly y: Float64Array;
  readonly weight: Uint8Array | Float64Array;
  /** Position in the season of the first period, from 0; for days and a season of 7 the weekday. */
  readonly firstPosition: number;
}

/**
 * Forecasts of one series.
 *
 * @param horizon number of periods after the history
 * @param season periods per season: 7 for days, 52 for weeks, 12 for months, 1 if there is none
 * @returns one forecast per period of the horizon. They are finite, and not negative if no observed value is. Without any
 * observed period they are 0.
 */
export type Model = (history: History, horizon: number, season: number) => Float64Array;

/** The observed periods of a history, oldest first, and where the forecast begins. */
export interface Observations {
  readonly count: number;
  /** Only the first `count` elements of both are set. */
  readonly values: Float64Array;
  readonly positions: Int32Array;
  readonly hasNegative: boolean;
  /** Position in the season of the first period after the history. */
  readonly nextPosition: number;
}

export function observationsOf({ y, weight, firstPosition }: History, season: number): Observations {
  const length = y.length;
  if (weight.length !== length) throw new Error(`${length} values of y, ${weight.length} weights`);
  if (!(Number.isInteger(season) && season >= 1)) throw new Error(`a season of ${season} periods`);
  if (!(Number.isInteger(firstPosition) && firstPosition >= 0 && firstPosition < season)) {
    throw new Error(`position ${firstPosition} in a season of ${season}`);
  }
  const values = new Float64Array(length);
  const positions = new Int32Array(length);
  let count = 0;
  let position = firstPosition;
  let hasNegative = false;
  for (let period = 0; period < length; period++) {
    const value = y[period] as number;
    if ((weight[period] as number) > 0 && Number.isFinite(value)) {
      values[count] = value;
      positions[count] = position;
      count++;
      if (value < 0) hasNegative = true;
    }
    position++;
    if (position === season) position = 0;
  }
  return { count, values, positions, hasNegative, nextPosition: position };
}

/** The same value in every period of the horizon. */
export const flat = (value: number, horizon: number): Float64Array => new Float64Array(horizon).fill(value);

/** The value of its position in every period of the horizon. */
export function repeated(bySeason: Float64Array, nextPosition: number, horizon: number): Float64Array {
  const forecast = new Float64Array(horizon);
  let position = nextPosition;
  for (let step = 0; step < horizon; step++) {
    forecast[step] = bySeason[position] as number;
    position++;
    if (position === bySeason.length) position = 0;
  }
  return forecast;
}

/**
 * Whether every position of the season that was observed at all was observed twice, and at least two seasons in total.
 * With less, `holt_winters` falls back to simple exponential smoothing.
 */
export function hasTwoSeasons({ count, positions }: Observations, season: number): boolean {
  if (count < 2 * season) return false;
  const seen = new Int32Array(season);
  for (let index = 0; index < count; index++) {
    const position = positions[index] as number;
    seen[position] = (seen[position] as number) + 1;
  }
  return seen.every((times) => times !== 1);
}
