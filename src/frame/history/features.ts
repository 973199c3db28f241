import { type Freq, periodsText } from "../grain.ts";
import type { Historic, Stat, WeekdayWindow, Window } from "../specification/index.ts";

/** Something that is counted or measured every day, and known when the day is over. Its unit is 1/scale, and values are whole. */
export interface Measure {
  readonly name: string;
  /** How the days of a longer period make one value. `last` is that of the last day that has one; a mean is rounded to the unit. */
  readonly over: "sum" | "mean" | "min" | "max" | "last";
  /** 100 for decimals with two places, because sums of whole numbers are exact in any order. */
  readonly scale: 1 | 100;
  /** What a value is, for descriptions: `units on hand at the end of the day`. */
  readonly what: string;
  /** A measure that has a value on exactly the same days, so that days are counted once for both. */
  readonly presentWith?: string;
}

/** One column computed from earlier periods of a measure. `lag` is the number of periods between the row and the last of them. */
export type Feature = { readonly measure: Measure; readonly lag: number; readonly freq: Freq } & (
  | { readonly kind: "lag" }
  | { readonly kind: "window"; readonly window: Span }
  /** Of days only. */
  | { readonly kind: "weekday"; readonly window: Span }
);

/** The statistic of a window, its length in periods (of the same weekday: in weeks), and how many of them need a value at least. */
export interface Span {
  readonly length: number;
  readonly stat: Stat;
  readonly least: number;
}

/** The features of a measure: lags, windows, then weekday windows, each in the order of the spec. */
export function featuresOf(
  measure: Measure,
  { lags, windows }: Historic,
  freq: Freq,
  weekdayWindows: readonly WeekdayWindow[] = [],
): Feature[] {
  return [
    ...lags.map((lag): Feature => ({ kind: "lag", measure, lag, freq })),
    ...windows.flatMap((window) =>
      spans({ measure, kind: "window", freq }, window, window.periods, window.min_periods),
    ),
    ...weekdayWindows.flatMap((window) =>
      spans({ measure, kind: "weekday", freq }, window, window.weeks, window.min_weeks),
    ),
  ];
}

function spans(
  of: { readonly measure: Measure; readonly kind: "window" | "weekday"; readonly freq: Freq },
  { stats, lag }: Window | WeekdayWindow,
  length: number,
  least: number,
): Feature[] {
  return stats.map((stat) => ({ ...of, lag, window: { length, stat, least } }));
}

/** `y_lag_28`, `y_mean_7_lag_28`, `y_weekday_mean_4_lag_28` */
export function featureName(feature: Feature): string {
  const { measure, lag } = feature;
  if (feature.kind === "lag") return `${measure.name}_lag_${lag}`;
  const weekday = feature.kind === "weekday" ? "weekday_" : "";
  const { stat, length } = feature.window;
  return `${measure.name}_${weekday}${stat}_${length}_lag_${lag}`;
}

/** How many periods its oldest fact is before the row. */
export const reachOf = (feature: Feature): number => reachOver(feature, ({ length }) => length);

/** How many periods before the row there must be facts so that it has a value. */
export const neededReachOf = (feature: Feature): number => reachOver(feature, ({ least }) => least);

function reachOver(feature: Feature, count: (window: Span) => number): number {
  if (feature.kind === "lag") return feature.lag;
  const step = feature.kind === "weekday" ? 7 : 1;
  return feature.lag + (count(feature.window) - 1) * step;
}

export function describeFeature(feature: Feature): string {
  const { measure, lag, freq } = feature;
  const of = freq === "day" ? measure.what : `${measure.what}, ${rules[measure.over]} of the ${freq}`;
  const before = `${periodsText(lag, freq)} before`;
  if (feature.kind === "lag") return `${capital(of)}, ${before}.`;
  const { stat, length, least } = feature.window;
  const over =
    feature.kind === "weekday"
      ? `the ${length} days of the same weekday, the last of them ${before}`
      : `the ${periodsText(length, freq)} of which the last is ${before}`;
  const statistic = stat === "zero_rate" ? `Share of ${freq}s with 0` : stats[stat];
  return `${statistic} over ${over}: ${of}; known with ${least} of them.`;
}

const stats: Record<Exclude<Stat, "zero_rate">, string> = {
  mean: "Mean",
  sum: "Sum",
  min: "Smallest",
  max: "Largest",
  std: "Standard deviation (of the sample)",
};

const rules: Record<Measure["over"], string> = {
  sum: "the sum",
  mean: "the mean",
  min: "the smallest",
  max: "the largest",
  last: "the last",
};

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
