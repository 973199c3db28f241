import type { FrameSpec } from "../../../src/frame/index.ts";

/** Periods in plain SQL of PostgreSQL: a period is the date of its first day. */
export interface Periods {
  /** The interval from one period to the next. */
  readonly step: string;
  /** The period of a day. */
  of(day: string): string;
  lastDay(period: string): string;
  /** So many periods later. */
  after(period: string, periods: string): string;
  /** The last period that is complete at the end of a day. */
  lastComplete(day: string): string;
  /** Which day of its period: the weekday, or the day of the month. */
  dayWithin(day: string): string;
}

const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

export function periodsOf({ freq, week_start }: Pick<FrameSpec, "freq" | "week_start">): Periods {
  const step = `1 ${freq}`;
  const after = (period: string, periods: string) => `(${period} + ${periods} * interval '${step}')::date`;
  const starts = weekdays.indexOf(week_start ?? "monday");
  const firstDays = {
    day: (day: string) => `(${day})`,
    // Back to the day on which a week starts.
    week: (day: string) => `(${day} - (EXTRACT(ISODOW FROM ${day})::int - 1 - ${starts} + 7) % 7)`,
    month: (day: string) => `date_trunc('month', ${day}::timestamp)::date`,
  };
  const of = firstDays[freq];
  return {
    step,
    of,
    after,
    lastDay: (period) => `(${after(period, "1")} - 1)`,
    // The next day is in the next period if the day is the last one of its own.
    lastComplete: (day) => after(of(`(${day} + 1)`), "-1"),
    dayWithin: (day) => `EXTRACT(${freq === "month" ? "DAY" : "ISODOW"} FROM ${day})`,
  };
}
