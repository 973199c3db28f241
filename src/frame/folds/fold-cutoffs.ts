import { fail } from "../../errors.ts";
import * as kinds from "../../system/arguments.ts";
import { requireDate } from "../../system/dates.ts";
import { dateOf, dayOf } from "../days.ts";
import { type Freq, freqs, grainOf, lastComplete, type Weekday, weekdays } from "../grain.ts";

/** More are a mistake: each is a whole frame. */
const mostFolds = 1000;

/** Which cutoffs, counted back from the newest one. */
export interface FoldsRequest {
  /** The newest cutoff, YYYY-MM-DD. */
  readonly cutoff: string;
  /** How many, 1 to 1000. */
  readonly folds: number;
  /** Periods from one cutoff to the next. */
  readonly step: number;
  /** What a period is. Default: a day */
  readonly freq?: Freq | undefined;
  /** Default: Monday */
  readonly weekStart?: Weekday | undefined;
}

/**
 * The cutoffs of rolling origins: the given one, and those one step, two steps … before it. Those before it are the last days of a
 * period.
 *
 * @returns days in ascending order, as many as `folds`
 * @throws USAGE, DATE_INVALID
 * @example
 * import { foldCutoffs } from "forecastlab";
 *
 * console.log(foldCutoffs({ cutoff: "2024-05-14", folds: 3, step: 7 })); // 2024-04-30, 2024-05-07, 2024-05-14
 */
export function foldCutoffs(request: FoldsRequest): string[] {
  kinds.requireArguments("foldCutoffs", request, {
    cutoff: kinds.day,
    folds: kinds.wholeNumber,
    step: kinds.wholeNumber,
    "freq?": kinds.oneOf(freqs),
    "weekStart?": kinds.oneOf(weekdays),
  });
  const { cutoff, folds, step, freq = "day", weekStart } = request;
  requireDate("The cutoff", cutoff);
  if (folds < 1 || folds > mostFolds) {
    throw fail("USAGE", { problem: `The number of folds is from 1 to ${mostFolds}, not ${folds}.` });
  }
  if (step < 1 || step > 10_000) {
    throw fail("USAGE", { problem: `The step is a number of ${freq}s from 1 to 10000, not ${step}.` });
  }
  const grain = grainOf(freq, weekStart);
  // Earlier days cannot be written.
  const first = grain.periodOf(dayOf("0001-01-01"));
  const newest = lastComplete(grain, dayOf(cutoff));
  const oldest = newest - (folds - 1) * step;
  if (grain.lastDay(oldest) < dayOf("0001-01-01")) {
    throw fail("USAGE", { problem: `${folds} folds, ${step} ${freq}s apart, begin before the year 1.` });
  }
  return Array.from({ length: folds }, (_, index) => {
    const back = folds - 1 - index;
    return back === 0 ? cutoff : dateOf(grain.lastDay(Math.max(first, newest - back * step)));
  });
}
