import type { PlottedDay, PlottedSeries } from "../series.ts";

/** What of a series a page shows. */
export interface ShownSeries extends PlottedSeries {
  /** How many days (weeks, months) the whole training frame has. */
  readonly known: number;
  /** For each of `training`: the mean of the {@link meanSpan} days that end with it; null if less than half of them are known. Empty if there are few days. */
  readonly means: readonly (number | null)[];
}

/** Half a year of days, two years of weeks, five years of months. */
const shownByDefault = { day: 182, week: 104, month: 60 } as const;

/** How many days or weeks the mean is over: a week, a month. */
export const meanSpan = { day: 7, week: 4, month: 12 } as const;

/** The last days of a series, and all days to forecast. */
export function shownOf(series: PlottedSeries, days?: number): ShownSeries {
  const { training, step } = series;
  const count = Math.max(1, days ?? shownByDefault[step]);
  const means = movingMeans(training, meanSpan[step]);
  const shown = training.slice(-count);
  // Over a few spans a mean says less than the bars do.
  const enough = shown.length >= 4 * meanSpan[step];
  return { ...series, training: shown, known: training.length, means: enough ? means.slice(-count) : [] };
}

function movingMeans(days: readonly PlottedDay[], span: number): (number | null)[] {
  return days.map((_, index) => {
    if (index + 1 < span) return null;
    const known = days.slice(index + 1 - span, index + 1).flatMap(({ y }) => (y === null ? [] : [y]));
    return known.length * 2 < span ? null : known.reduce((sum, y) => sum + y, 0) / known.length;
  });
}
