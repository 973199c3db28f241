import { field, levelAt, perLevel, type Tally } from "./tally.ts";

/** Scores of the rows of a group. A score that is not defined is null; the counts say why. */
export interface Scores {
  /** Rows with an actual value and a forecast; all scores are about these. */
  readonly rows: number;
  /** Not scored: the actual value is not known. */
  readonly rows_without_y: number;
  /** Not scored: the forecast is missing or not finite. */
  readonly rows_without_forecast: number;
  /** Series with scored rows, counted once per fold. */
  readonly series: number;
  /** Mean absolute error, pooled over rows, in the unit of y. */
  readonly mae: number | null;
  /** Root of the mean squared error, pooled over rows, in the unit of y. */
  readonly rmse: number | null;
  /** Sum of absolute errors by the sum of absolute actual values; null if that is 0. */
  readonly wape: number | null;
  /** Sum of forecast minus actual by the sum of actual values, above 0 if too much is forecast; null if that is 0. */
  readonly bias: number | null;
  /** Mean over series with a scale. */
  readonly rmsse: number | null;
  readonly mase: number | null;
  /** Series left out of rmsse and mase, because their scale is not defined. */
  readonly series_without_rmsse_scale: number;
  readonly series_without_mase_scale: number;
  /** Mean quantile loss over both bounds of all intervals, in the unit of y. */
  readonly pinball: number | null;
  readonly intervals: readonly IntervalScores[];
}

/** Scores of the intervals of one level. */
export interface IntervalScores {
  /** In percent. */
  readonly level: number;
  /** Scored rows that have the interval. */
  readonly rows: number;
  /** Share of these whose actual value is within the interval, bounds included. */
  readonly coverage: number | null;
  /** Mean quantile loss of each bound: of the quantiles (100 - level) / 200 and 1 minus that. */
  readonly pinball_lo: number | null;
  readonly pinball_hi: number | null;
}

const ratio = (part: number, whole: number) => (whole === 0 ? null : finite(part / whole));
/** Sums of finite values may overflow. */
const finite = (value: number) => (Number.isFinite(value) ? value : null);

/** @param levels of the intervals, in the order in which the tally has them */
export function scoresOf(tally: Tally, levels: readonly number[]): Scores {
  const of = (name: keyof typeof field) => tally[field[name]] as number;
  const rows = of("rows");
  const mse = ratio(of("squared"), rows);
  const intervals = levels.map((level, index) => intervalScores(tally, level, index));
  return {
    rows,
    rows_without_y: of("withoutY"),
    rows_without_forecast: of("withoutForecast"),
    series: of("series"),
    mae: ratio(of("absolute"), rows),
    rmse: mse === null ? null : Math.sqrt(mse),
    wape: ratio(of("absolute"), of("absoluteActual")),
    bias: ratio(of("error"), of("actual")),
    rmsse: ratio(of("rmsse"), of("rmsseSeries")),
    mase: ratio(of("mase"), of("maseSeries")),
    series_without_rmsse_scale: of("series") - of("rmsseSeries"),
    series_without_mase_scale: of("series") - of("maseSeries"),
    pinball: pinballOf(tally, levels.length),
    intervals,
  };
}

const levelField = (tally: Tally, index: number, name: keyof typeof perLevel) =>
  tally[levelAt(index) + perLevel[name]] as number;

function intervalScores(tally: Tally, level: number, index: number): IntervalScores {
  const of = (name: keyof typeof perLevel) => levelField(tally, index, name);
  return {
    level,
    rows: of("rows"),
    coverage: ratio(of("inside"), of("rows")),
    pinball_lo: ratio(of("pinballLo"), of("rows")),
    pinball_hi: ratio(of("pinballHi"), of("rows")),
  };
}

function pinballOf(tally: Tally, levels: number): number | null {
  let [loss, bounds] = [0, 0];
  for (let index = 0; index < levels; index++) {
    loss += levelField(tally, index, "pinballLo") + levelField(tally, index, "pinballHi");
    bounds += 2 * levelField(tally, index, "rows");
  }
  return ratio(loss, bounds);
}
