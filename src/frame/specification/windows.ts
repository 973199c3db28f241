import { type Freq, periodsText } from "../grain.ts";
import { type Stat, statNames, type WeekdayWindow, type Window } from "./types.ts";

/* Lags and windows of a spec: defaults are filled in, what reaches beyond the cutoff is refused, and the rest is sorted. */

/** The rules for the lags and windows of the target, or of a historic driver. */
export interface HistoryRules {
  /** The smallest valid lag: the horizon, so that it is known for all its days, or 1 by choice. */
  readonly least: number;
  /** Which option allows smaller lags, for messages. */
  readonly choice: string;
  /** How many periods of a window need a value. Default for specs that do not say. */
  readonly needed: (length: number) => number;
  readonly refuse: (problem: string) => Error;
  /** What a period is. */
  readonly freq: Freq;
}

/** Its length is given in periods, or under the name of the frame's own period. */
export interface WindowInput extends Partial<Record<Length | `min_${Length}`, number | undefined>> {
  readonly stats: readonly Stat[];
  readonly lag?: number | undefined;
}

const lengths = ["periods", "days", "weeks", "months"] as const;
type Length = (typeof lengths)[number];

export interface WeekdayWindowInput {
  readonly weeks: number;
  readonly stats: readonly Stat[];
  readonly lag?: number | undefined;
  readonly min_weeks?: number | undefined;
}

export function orderedLags(place: string, lags: readonly number[], rules: HistoryRules): number[] {
  for (const lag of lags) requireLag(`${place} holds`, lag, rules);
  return [...new Set(lags)].sort((a, b) => a - b);
}

export function orderedWindows(
  place: string,
  windows: readonly WindowInput[],
  rules: HistoryRules,
): Window[] {
  const spans = windows.map((window, index): Span => {
    const { length, needed } = lengthOf(`${place}[${index}]`, window, rules);
    return {
      place: `${place}[${index}]`,
      unit: `${rules.freq}s`,
      length,
      stats: window.stats,
      lag: window.lag ?? rules.least,
      needed: needed ?? rules.needed(length),
    };
  });
  return ordered(place, spans, rules).map(({ length, stats, lag, needed }) => ({
    periods: length,
    stats,
    lag,
    min_periods: needed,
  }));
}

function lengthOf(
  place: string,
  window: WindowInput,
  { freq, refuse }: HistoryRules,
): { readonly length: number; readonly needed: number | undefined } {
  const own = `${freq}s` as const;
  const other = lengths
    .flatMap((unit) => [unit, `min_${unit}`] as const)
    .find(
      (name) => window[name] !== undefined && !["periods", "min_periods", own, `min_${own}`].includes(name),
    );
  if (other !== undefined) {
    throw refuse(`${place} has ${other}, but the frame is of freq: ${freq}; write ${own} or periods`);
  }
  const length = window.periods ?? window[own];
  if (length === undefined) throw refuse(`${place}.${own} is missing`);
  if (window.periods !== undefined && window[own] !== undefined) {
    throw refuse(`${place} has both periods and ${own}`);
  }
  return { length, needed: window.min_periods ?? window[`min_${own}`] };
}

/** @param usualLag the lag of windows without one, a multiple of 7 */
export function orderedWeekdayWindows(
  place: string,
  windows: readonly WeekdayWindowInput[],
  usualLag: number,
  rules: HistoryRules,
): WeekdayWindow[] {
  const spans = windows.map(
    ({ weeks, stats, lag = usualLag, min_weeks = rules.needed(weeks) }, index): Span => ({
      place: `${place}[${index}]`,
      unit: "weeks",
      length: weeks,
      stats,
      lag,
      needed: min_weeks,
    }),
  );
  return ordered(place, spans, rules).map(({ length, stats, lag, needed }) => ({
    weeks: length,
    stats,
    lag,
    min_weeks: needed,
  }));
}

/** A window of either kind. */
interface Span {
  readonly place: string;
  readonly unit: "days" | "weeks" | "months";
  readonly length: number;
  readonly stats: readonly Stat[];
  readonly lag: number;
  readonly needed: number;
}

/** Sorts the spans, and merges the statistics of the same days. Throws if two of them give a column of the same name. */
function ordered(place: string, spans: readonly Span[], rules: HistoryRules): Span[] {
  const byDays = new Map<string, Span>();
  const neededBy = new Map<string, number>();
  for (const span of spans) {
    const { unit, length, lag, needed } = span;
    requireLag(`${span.place}.lag is`, lag, rules);
    if (needed > length) {
      throw rules.refuse(`${span.place}.min_${unit} is ${needed}, more than its ${length} ${unit}`);
    }
    for (const stat of span.stats) {
      const column = `the ${stat} of ${length} ${unit} with lag ${lag}`;
      if ((neededBy.get(column) ?? needed) !== needed) {
        throw rules.refuse(`${place} give ${column} twice, with different min_${unit}`);
      }
      neededBy.set(column, needed);
    }
    const key = `${length} ${lag} ${needed}`;
    const wanted = [...(byDays.get(key)?.stats ?? []), ...span.stats];
    byDays.set(key, { ...span, stats: statNames.filter((stat) => wanted.includes(stat)) });
  }
  return [...byDays.values()].sort((a, b) => a.length - b.length || a.lag - b.lag || a.needed - b.needed);
}

function requireLag(what: string, lag: number, { least, choice, refuse, freq }: HistoryRules): void {
  if (lag >= least) return;
  throw refuse(`${what} ${lag}, but a lag is at least the horizon of ${periodsText(least, freq)}; ${choice}`);
}
