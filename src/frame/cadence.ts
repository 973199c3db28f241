import type { Engine } from "../duckdb/engine.ts";
import { sales } from "./engine-tables.ts";
import { type Weekday, weekdays } from "./grain.ts";
import type { Fold } from "./scope.ts";

/** What the days with sales look like, in a frame of days. */
export interface Cadence {
  readonly period: "week" | "month";
  /** The weekday of all sales; null for months. */
  readonly weekday: Weekday | null;
}

/** Fewer days with sales may fall on one weekday by chance. */
const leastDays = 4;

/**
 * Whether the sales of the selected series look like sums of weeks or of months: all of them are on one weekday, or on one day of the
 * month, or on last days of months.
 *
 * @returns null if they do not
 */
export async function cadenceOf(engine: Engine, { knownUntil }: Fold): Promise<Cadence | null> {
  const [found] = await engine.rows<{
    days: number;
    weekdays: number;
    weekday: number;
    dates: number;
    ends: number;
  }>(`
    SELECT
      count(*) AS days,
      count(DISTINCT isodow(date)) AS weekdays,
      min(isodow(date)) - 1 AS weekday,
      count(DISTINCT day(date)) AS dates,
      count(*) FILTER (date = last_day(date)) AS ends
    FROM (SELECT DISTINCT DATE '1970-01-01' + day AS date FROM ${sales} WHERE day <= ${knownUntil} AND quantity > 0)
  `);
  if (found === undefined || found.days < leastDays) return null;
  if (found.dates === 1 || found.ends === found.days) return { period: "month", weekday: null };
  return found.weekdays === 1 ? { period: "week", weekday: weekdays[found.weekday] ?? null } : null;
}
