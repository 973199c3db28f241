import { auto } from "./auto.ts";
import { sesSeasonal } from "./exponential-smoothing.ts";
import type { Model } from "./history.ts";
import { holtWinters } from "./holt-winters.ts";
import { naive, seasonalMean, seasonalNaive, windowMean } from "./means.ts";
import { tsbSeasonal } from "./tsb.ts";

/** The models that every backtest compares with, by name; in other grains than days, `weekday` is the position in the season. */
export const baselines = {
  naive,
  seasonal_naive: seasonalNaive,
  mean_28: windowMean(28),
  weekday_mean_8: seasonalMean(8),
  ses_weekday: sesSeasonal,
  tsb_weekday: tsbSeasonal,
  holt_winters: holtWinters,
  auto,
} as const satisfies Record<string, Model>;

export type BaselineName = keyof typeof baselines;
export const baselineNames = Object.keys(baselines) as readonly BaselineName[];
