import { sesFlat } from "./exponential-smoothing.ts";
import { type History, hasTwoSeasons, type Model, observationsOf } from "./history.ts";

/** Parameters of additive Holt-Winters smoothing in error correction form. */
export interface HoltWinters {
  readonly alpha: number;
  /** Of the trend, times alpha; 0 for no trend. */
  readonly beta: number;
  /** Of the season, times (1 - alpha). */
  readonly gamma: number;
  /** How much of the trend is left after a period. */
  readonly phi: number;
}

interface State {
  level: number;
  trend: number;
  readonly seasonal: Float64Array;
}

/**
 * Holt-Winters smoothing with an additive season and an additive damped trend (Hyndman and Athanasopoulos, Forecasting:
 * Principles and Practice, 8.3), with the parameters of {@link grid} that have the smallest squared error one step ahead.
 *
 * It begins with the means of the first two observed values of each position and no trend. In a period that is not observed
 * the level moves on by the trend. Histories shorter than two seasons, and those without a season, get simple exponential
 * smoothing without a season; see {@link hasTwoSeasons}.
 */
export const holtWinters: Model = (history, horizon, season) => {
  const observations = observationsOf(history, season);
  if (season === 1 || !hasTwoSeasons(observations, season)) return sesFlat(observations, horizon);
  const start = startOf(history, season);
  const state: State = { level: 0, trend: 0, seasonal: new Float64Array(season) };
  let best = grid[0] as HoltWinters;
  let least = Number.POSITIVE_INFINITY;
  for (const parameters of grid) {
    restart(state, start);
    const error = smooth(history, parameters, state);
    if (error < least) [best, least] = [parameters, error];
  }
  restart(state, start);
  smooth(history, best, state);
  const forecast = extended(state, best.phi, observations.nextPosition, horizon);
  return observations.hasNegative ? forecast : forecast.map((value) => Math.max(0, value));
};

/** The parameters that are tried. */
export const grid: readonly HoltWinters[] = [0.02, 0.05, 0.1, 0.2, 0.4].flatMap((alpha) =>
  [0, 0.1].flatMap((beta) => [0.02, 0.05, 0.2].map((gamma) => ({ alpha, beta, gamma, phi: 0.9 }))),
);

/** Means of the first two observed values of each position: their mean is the level. */
function startOf({ y, weight, firstPosition }: History, season: number): State {
  const seasonal = new Float64Array(season);
  const counts = new Int32Array(season);
  let position = firstPosition;
  for (let period = 0; period < y.length; period++) {
    const value = y[period] as number;
    const seen = counts[position] as number;
    if (seen < 2 && (weight[period] as number) > 0 && Number.isFinite(value)) {
      seasonal[position] = ((seasonal[position] as number) * seen + value) / (seen + 1);
      counts[position] = seen + 1;
    }
    position++;
    if (position === season) position = 0;
  }
  let level = 0;
  let known = 0;
  for (let at = 0; at < season; at++) {
    if (counts[at] === 0) continue;
    level += seasonal[at] as number;
    known++;
  }
  level /= known;
  for (let at = 0; at < season; at++) seasonal[at] = counts[at] === 0 ? 0 : (seasonal[at] as number) - level;
  return { level, trend: 0, seasonal };
}

function restart(state: State, start: State): void {
  state.level = start.level;
  state.trend = start.trend;
  state.seasonal.set(start.seasonal);
}

/** Moves the state to the end of the history. Returns the sum of squared errors one step ahead. */
function smooth(
  { y, weight, firstPosition }: History,
  { alpha, beta, gamma, phi }: HoltWinters,
  state: State,
): number {
  const { seasonal } = state;
  const season = seasonal.length;
  const ofTrend = alpha * beta;
  const ofSeason = gamma * (1 - alpha);
  let { level, trend } = state;
  let position = firstPosition;
  let total = 0;
  for (let period = 0; period < y.length; period++) {
    const value = y[period] as number;
    trend *= phi;
    level += trend;
    if ((weight[period] as number) > 0 && Number.isFinite(value)) {
      const index = seasonal[position] as number;
      const error = value - level - index;
      total += error * error;
      level += alpha * error;
      trend += ofTrend * error;
      seasonal[position] = index + ofSeason * error;
    }
    position++;
    if (position === season) position = 0;
  }
  state.level = level;
  state.trend = trend;
  return total;
}

function extended(
  { level, trend, seasonal }: State,
  phi: number,
  next: number,
  horizon: number,
): Float64Array {
  const forecast = new Float64Array(horizon);
  let [ahead, slope, position] = [level, trend, next];
  for (let step = 0; step < horizon; step++) {
    slope *= phi;
    ahead += slope;
    forecast[step] = ahead + (seasonal[position] as number);
    position++;
    if (position === seasonal.length) position = 0;
  }
  return forecast;
}
