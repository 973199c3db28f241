import type { Scales } from "./scale.ts";

/**
 * Sums from which the scores of a group are computed: one number per field of {@link field}, then {@link perLevel} for each
 * interval. All are sums, so that tallies of parts add up to the tally of the whole.
 */
export type Tally = Float64Array;

export const field = {
  rows: 0,
  absolute: 1,
  squared: 2,
  /** Forecast minus actual. */
  error: 3,
  actual: 4,
  absoluteActual: 5,
  withoutY: 6,
  withoutForecast: 7,
  /** Series of a fold with at least one scored row. */
  series: 8,
  rmsse: 9,
  rmsseSeries: 10,
  mase: 11,
  maseSeries: 12,
} as const;

const fields = 13;

export const perLevel = { rows: 0, inside: 1, pinballLo: 2, pinballHi: 3 } as const;
const levelFields = 4;

export const emptyTally = (levels: number): Tally => new Float64Array(fields + levels * levelFields);

/** Where the fields of a level begin. */
export const levelAt = (level: number): number => fields + level * levelFields;

const add = (tally: Tally, at: number, value: number) => {
  tally[at] = (tally[at] as number) + value;
};

/** Adds a row. One without an actual value or a forecast (NaN or infinite) is counted and not scored. */
export function addRow(tally: Tally, actual: number, forecast: number): boolean {
  if (!Number.isFinite(actual)) {
    add(tally, field.withoutY, 1);
    return false;
  }
  if (!Number.isFinite(forecast)) {
    add(tally, field.withoutForecast, 1);
    return false;
  }
  const error = forecast - actual;
  add(tally, field.rows, 1);
  add(tally, field.absolute, Math.abs(error));
  add(tally, field.squared, error * error);
  add(tally, field.error, error);
  add(tally, field.actual, actual);
  add(tally, field.absoluteActual, Math.abs(actual));
  return true;
}

/**
 * Adds the interval of a row that {@link addRow} scored. One with a bound that is not finite does not count.
 *
 * @param index of the level in the tally
 * @param level in percent
 */
export function addInterval(
  tally: Tally,
  index: number,
  level: number,
  actual: number,
  lo: number,
  hi: number,
): void {
  if (!(Number.isFinite(lo) && Number.isFinite(hi))) return;
  const at = levelAt(index);
  const tail = (100 - level) / 200;
  add(tally, at + perLevel.rows, 1);
  if (lo <= actual && actual <= hi) add(tally, at + perLevel.inside, 1);
  add(tally, at + perLevel.pinballLo, pinball(actual, lo, tail));
  add(tally, at + perLevel.pinballHi, pinball(actual, hi, 1 - tail));
}

/** Quantile loss (Koenker and Bassett, 1978): max(q (y - f), (q - 1) (y - f)). */
export function pinball(actual: number, forecast: number, q: number): number {
  const difference = actual - forecast;
  return Math.max(q * difference, (q - 1) * difference);
}

/** Completes the tally of one series of one fold with its scaled errors, before it is merged into groups. */
export function closeSeries(tally: Tally, { rmsse, mase }: Scales): void {
  const rows = tally[field.rows] as number;
  if (rows === 0) return;
  add(tally, field.series, 1);
  if (rmsse !== null) {
    add(tally, field.rmsse, Math.sqrt((tally[field.squared] as number) / rows / rmsse));
    add(tally, field.rmsseSeries, 1);
  }
  if (mase !== null) {
    add(tally, field.mase, (tally[field.absolute] as number) / rows / mase);
    add(tally, field.maseSeries, 1);
  }
}

export function mergeTally(into: Tally, from: Tally): void {
  if (into.length !== from.length) throw new Error("tallies of different levels");
  for (let at = 0; at < into.length; at++) add(into, at, from[at] as number);
}
