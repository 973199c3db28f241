import { type Day, dateOf, monthsAfterEpoch } from "./days.ts";

/** How long the periods of a frame are: `ds` is the first day of one. */
export type Freq = "day" | "week" | "month";

export const freqs = ["day", "week", "month"] as const satisfies readonly Freq[];

export const weekdays = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;
export type Weekday = (typeof weekdays)[number];

/**
 * A period as a number. Consecutive periods have consecutive numbers, so lags and windows compute with them as with days. A day is
 * its {@link Day}, a month is 12 times its year plus 0 to 11.
 */
export type Period = number;

/** The periods of a frame: which days they hold, for TypeScript and as SQL of DuckDB. */
export interface Grain {
  readonly freq: Freq;
  periodOf(day: Day): Period;
  firstDay(period: Period): Day;
  lastDay(period: Period): Day;
  readonly sql: {
    /** @param day SQL of a day as a number */
    periodOf(day: string): string;
    /** @param period SQL of a period @returns SQL of its first day as a number */
    firstDay(period: string): string;
  };
}

/** @param weekStart the first day of a week. Default: Monday, as in ISO 8601 */
export function grainOf(freq: Freq, weekStart: Weekday = "monday"): Grain {
  switch (freq) {
    case "day":
      return days;
    case "week":
      return weeks(weekdays.indexOf(weekStart));
    case "month":
      return months;
  }
}

const days: Grain = {
  freq: "day",
  periodOf: (day) => day,
  firstDay: (period) => period,
  lastDay: (period) => period,
  sql: { periodOf: (day) => day, firstDay: (period) => period },
};

/** 1970-01-01 was a Thursday: 3 days after a Monday. */
const epochWeekday = 3;
/** More weeks than there are before 1970, because DuckDB's // rounds towards zero. */
const shift = 200_000;

function weeks(start: number): Grain {
  const since = epochWeekday - start;
  const firstDay = (period: Period) => 7 * period - since;
  return {
    freq: "week",
    periodOf: (day) => Math.floor((day + since) / 7),
    firstDay,
    lastDay: (period) => firstDay(period) + 6,
    sql: {
      periodOf: (day) => `(((${day}) + ${since + 7 * shift}) // 7 - ${shift})::INTEGER`,
      firstDay: (period) => `(7 * (${period}) - ${since})`,
    },
  };
}

const firstDayOfMonth = (month: Period) => monthsAfterEpoch(month - 1970 * 12);

const months: Grain = {
  freq: "month",
  periodOf: (day) => {
    const date = dateOf(day);
    return Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1;
  },
  firstDay: firstDayOfMonth,
  lastDay: (period) => firstDayOfMonth(period + 1) - 1,
  sql: {
    periodOf: (day) =>
      `(year(DATE '1970-01-01' + (${day})) * 12 + month(DATE '1970-01-01' + (${day})) - 1)::INTEGER`,
    firstDay: (period) =>
      `(make_date((${period}) // 12, (${period}) % 12 + 1, 1) - DATE '1970-01-01')::INTEGER`,
  },
};

/** `1 week`, `28 days` */
export const periodsText = (count: number, freq: Freq) => `${count} ${freq}${count === 1 ? "" : "s"}`;

/** The last period that is complete on the day: the one of the day if it is its last day, else the one before. */
export function lastComplete(grain: Grain, day: Day): Period {
  const period = grain.periodOf(day);
  return grain.lastDay(period) === day ? period : period - 1;
}
