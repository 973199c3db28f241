import { dayAfter } from "../shape.ts";

/** A range of days, both ends inclusive. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

/**
 * Whole months spread evenly over a range, with about the given number of days in total and at least one month. The whole
 * range if it contains no whole month.
 */
export function monthsOf(range: Days, days: number): Days[] {
  const whole = wholeMonths(range);
  if (whole.length === 0) return [range];
  const count = Math.min(whole.length, Math.max(1, Math.round(days / 30.5)));
  return Array.from({ length: count }, (_, index) =>
    Math.floor(((index + 0.5) * whole.length) / count),
  ).flatMap((index) => whole[index] ?? []);
}

function wholeMonths({ from, to }: Days): Days[] {
  const months: Days[] = [];
  for (let first = firstOfMonth(dayAfter(from, -1), 1); ; first = firstOfMonth(first, 1)) {
    const last = dayAfter(firstOfMonth(first, 1), -1);
    if (last > to) return months;
    months.push({ from: first, to: last });
  }
}

/** The first day of the month that is a number of months later. */
function firstOfMonth(day: string, months: number): string {
  const [year = 0, month = 0] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + months)).toISOString().slice(0, 10);
}

/** The number of days in these ranges. */
export function lengthOf(ranges: readonly Days[]): number {
  return ranges.reduce((sum, { from, to }) => sum + (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1, 0);
}
