import type { Historic, Stat, WeekdayWindow, Window } from "../specification/index.ts";

/** Something that is counted or measured every day, and known when the day is over. Its unit is 1/scale, and values are whole. */
export interface Measure {
  readonly name: string;
  /** 100 for decimals with two places, because sums of whole numbers are exact in any order. */
  readonly scale: 1 | 100;
  /** What a value is, for descriptions: `units on hand at the end of the day`. */
  readonly what: string;
  /** A measure that has a value on exactly the same days, so that days are counted once for both. */
  readonly presentWith?: string;
}

/** One column computed from earlier days of a measure. `lag` is the number of days between the row and the last of them. */
export type Feature =
  | { readonly kind: "lag"; readonly measure: Measure; readonly lag: number }
  | { readonly kind: "window"; readonly measure: Measure; readonly lag: number; readonly window: Span }
  | { readonly kind: "weekday"; readonly measure: Measure; readonly lag: number; readonly window: Span };

/** The statistic of a window, its length in days or weeks, and how many of them need a value at least. */
export interface Span {
  readonly length: number;
  readonly stat: Stat;
  readonly least: number;
}

/** The features of a measure: lags, windows, then weekday windows, each in the order of the spec. */
export function featuresOf(
  measure: Measure,
  { lags, windows }: Historic,
  weekdayWindows: readonly WeekdayWindow[] = [],
): Feature[] {
  return [
    ...lags.map((lag): Feature => ({ kind: "lag", measure, lag })),
    ...windows.flatMap((window) => spans(measure, "window", window, window.days, window.min_days)),
    ...weekdayWindows.flatMap((window) => spans(measure, "weekday", window, window.weeks, window.min_weeks)),
  ];
}

function spans(
  measure: Measure,
  kind: "window" | "weekday",
  { stats, lag }: Window | WeekdayWindow,
  length: number,
  least: number,
): Feature[] {
  return stats.map((stat) => ({ kind, measure, lag, window: { length, stat, least } }));
}

/** `y_lag_28`, `y_mean_7_lag_28`, `y_weekday_mean_4_lag_28` */
export function featureName(feature: Feature): string {
  const { measure, lag } = feature;
  if (feature.kind === "lag") return `${measure.name}_lag_${lag}`;
  const weekday = feature.kind === "weekday" ? "weekday_" : "";
  const { stat, length } = feature.window;
  return `${measure.name}_${weekday}${stat}_${length}_lag_${lag}`;
}

/** How many days its oldest fact is before the row. */
export function reachOf(feature: Feature): number {
  if (feature.kind === "lag") return feature.lag;
  const step = feature.kind === "weekday" ? 7 : 1;
  return feature.lag + (feature.window.length - 1) * step;
}

export function describeFeature(feature: Feature): string {
  const { measure, lag } = feature;
  if (feature.kind === "lag") return `${capital(measure.what)}, ${days(lag)} before.`;
  const { stat, length, least } = feature.window;
  const over =
    feature.kind === "weekday"
      ? `the ${length} days of the same weekday, the last of them ${days(lag)} before`
      : `the ${days(length)} of which the last is ${days(lag)} before`;
  return `${stats[stat]} over ${over}: ${measure.what}; known with ${least} of them.`;
}

const stats: Record<Stat, string> = {
  mean: "Mean",
  sum: "Sum",
  min: "Smallest",
  max: "Largest",
  std: "Standard deviation (of the sample)",
  zero_rate: "Share of days with 0",
};

const days = (count: number) => (count === 1 ? "1 day" : `${count} days`);
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
