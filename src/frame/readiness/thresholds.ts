import type { Freq } from "../grain.ts";
import type { FrameScope } from "../scope.ts";

/** What a series needs; see docs/frames.md for the reasons. */
export interface Thresholds {
  readonly freq: Freq;
  /** In periods. */
  readonly horizon: number;
  /** Fewer periods are not yet a history. */
  readonly history: number;
  /** Whether a shorter horizon would need less of it. */
  readonly historyFollowsHorizon: boolean;
  /** Periods that show each season twice. */
  readonly twoSeasons: number;
  /** A series may be without a sale for so many periods. */
  readonly quiet: number;
  /** Or for so many days, if the spec says when a series has ended. */
  readonly endedAfterDays: number | null;
}

/** Fewer periods with a sale have no interval between sales. */
export const leastSales = 2;
/** Fewer periods with a sale say little about how often and how much is sold. */
export const enoughSales = 10;
/** A series has ended if it was without a sale for so many of its own mean intervals: by chance this happens in 1 of 150 cases. */
export const quietIntervals = 5;
/** At most half of the periods may have been filled in. */
export const mostImputed = 0.5;
/** At most a tenth of the periods may have a stockout. */
export const mostCensored = 0.1;

/** Two weeks, a quarter and a year: 12 to 14 periods. */
const leastPeriods: Readonly<Record<Freq, number>> = { day: 14, week: 13, month: 12 };
/** Twice a week of days, and twice a year of weeks or months. */
const twoSeasons: Readonly<Record<Freq, number>> = { day: 14, week: 104, month: 24 };
/** About two months; three, if a period is a month. */
const quietPeriods: Readonly<Record<Freq, number>> = { day: 56, week: 8, month: 3 };

export function thresholdsOf({ spec, horizon }: Pick<FrameScope, "spec" | "horizon">): Thresholds {
  const { freq } = spec;
  return {
    freq,
    horizon,
    // One horizon to learn from, because lags reach back that far, and one to check the forecasts with.
    history: Math.max(2 * horizon, leastPeriods[freq]),
    historyFollowsHorizon: 2 * horizon > leastPeriods[freq],
    twoSeasons: twoSeasons[freq],
    quiet: quietPeriods[freq],
    endedAfterDays: spec.ended.after_days,
  };
}
