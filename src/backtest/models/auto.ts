import { classify, type DemandClass } from "../classify.ts";
import { sesSeasonal } from "./exponential-smoothing.ts";
import type { History, Model } from "./history.ts";
import { holtWinters } from "./holt-winters.ts";
import { seasonalMean, seasonalNaive, windowMean } from "./means.ts";
import { tsbSeasonal } from "./tsb.ts";

/** A choice among the models for one series. */
export interface Choice {
  readonly model: string;
  /** Whether it was chosen by its error over a holdout; otherwise the history is too short, and the class decided. */
  readonly tested: boolean;
}

type Candidates = readonly (readonly [name: string, model: Model])[];

const steady: Candidates = [
  ["ses_weekday", sesSeasonal],
  ["weekday_mean_8", seasonalMean(8)],
  ["holt_winters", holtWinters],
  ["mean_28", windowMean(28)],
  ["seasonal_naive", seasonalNaive],
];

const sporadic: Candidates = [
  ["tsb_weekday", tsbSeasonal],
  ["weekday_mean_8", seasonalMean(8)],
  ["ses_weekday", sesSeasonal],
  ["mean_28", windowMean(28)],
];

/** The candidates for each class; the first one is taken if they cannot be compared. */
const candidatesOf = (demand: DemandClass): Candidates =>
  demand === "smooth" || demand === "erratic" ? steady : sporadic;

/**
 * The model that forecast the last periods of the series' own history best, over up to three origins in its last half. Each
 * is tested over as many periods as the horizon has, but at most 28 and a quarter of the history. The candidates depend on the
 * class of the history before the first of these origins. Errors are squared: with absolute errors, a forecast of 0 would
 * win for most intermittent series.
 *
 * The first candidate of the class is chosen unless another one's error is at least a tenth smaller, because smaller
 * differences come by chance; and if they cannot be compared: with fewer than two seasons before every origin, or no
 * observed period after them.
 */
export function chooseModel(
  history: History,
  horizon: number,
  season: number,
): Choice & { readonly run: Model } {
  const { y, weight } = history;
  const held = Math.min(horizon, 28, Math.floor(y.length / 4));
  const cuts = originsOf(y.length, held, season);
  const candidates = candidatesOf(classify(y, weight, cuts.at(-1) ?? y.length).class);
  const errors = candidates.map(([, run]) => {
    let total = 0;
    for (const cut of cuts) total += squaredError(history, cut, run(until(history, cut), held, season));
    return total;
  });
  const tested = cuts.length > 0 && observedBetween(history, cuts.at(-1) as number, y.length);
  let chosen = 0;
  if (tested) {
    const least = Math.min(...errors);
    if (least < (errors[0] as number) * 0.9) chosen = errors.indexOf(least);
  }
  const [model, run] = candidates[chosen] as Candidates[number];
  return { model, run, tested };
}

/** The lengths of history that the candidates are tested on, longest first. */
function originsOf(length: number, held: number, season: number): number[] {
  if (held === 0) return [];
  const shortest = Math.max(2 * season, Math.ceil(length / 2));
  return [1, 2, 3].map((times) => length - times * held).filter((cut) => cut >= shortest);
}

const until = ({ y, weight, firstPosition }: History, cut: number): History => ({
  y: y.subarray(0, cut),
  weight: weight.subarray(0, cut),
  firstPosition,
});

const isObserved = ({ y, weight }: History, period: number) =>
  (weight[period] as number) > 0 && Number.isFinite(y[period] as number);

function observedBetween(history: History, from: number, to: number): boolean {
  for (let period = from; period < to; period++) if (isObserved(history, period)) return true;
  return false;
}

/** Over the observed periods from `cut` on. */
function squaredError(history: History, cut: number, forecast: Float64Array): number {
  let total = 0;
  for (let step = 0; step < forecast.length; step++) {
    if (!isObserved(history, cut + step)) continue;
    const error = (history.y[cut + step] as number) - (forecast[step] as number);
    total += error * error;
  }
  return total;
}

/** The forecast of the model that {@link chooseModel} chooses, fitted on the whole history. */
export const auto: Model = (history, horizon, season) =>
  chooseModel(history, horizon, season).run(history, horizon, season);
