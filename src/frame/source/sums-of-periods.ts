import { dateOf } from "../days.ts";
import type { Grain, Period } from "../grain.ts";
import type { WarehouseReader } from "./reader.ts";
import { recordedBy } from "./recorded.ts";

/**
 * Whether sales are the sums of whole periods, judged by some of the periods: all sales of each are on one day. Sales of days are
 * not, because no store sells on only one day of each of two weeks or months.
 */
export async function areSumsOfPeriods(
  reader: WarehouseReader,
  periods: readonly Period[],
  { knownAt, grain }: { readonly knownAt: string | null; readonly grain: Grain },
): Promise<boolean> {
  if (grain.freq === "day") return false;
  const [found] = await reader.rows<{ sums: boolean }>(
    `SELECT bool_and(sold.first IS NOT DISTINCT FROM sold.last) AS sums
     FROM unnest($1::date[], $2::date[]) AS period (first_day, last_day)
     CROSS JOIN LATERAL (
       SELECT min(date) AS first, max(date) AS last
       FROM sales_daily
       WHERE date BETWEEN period.first_day AND period.last_day AND ${recordedBy(knownAt)}
     ) AS sold`,
    [
      periods.map((period) => dateOf(grain.firstDay(period))),
      periods.map((period) => dateOf(grain.lastDay(period))),
    ],
  );
  return found?.sums ?? false;
}
