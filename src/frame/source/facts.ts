import { quoteIdentifier } from "../../database/identifiers.ts";
import { fail } from "../../errors.ts";
import { dateOf, dayOf } from "../days.ts";
import type { Driver } from "../drivers/driver.ts";
import type { Grain, Period } from "../grain.ts";
import type { LeftOut } from "../hollow.ts";
import { isFactTable } from "./frame-tables.ts";
import type { WarehouseReader } from "./reader.ts";
import { recordedBy } from "./recorded.ts";
import { areSumsOfPeriods } from "./sums-of-periods.ts";

/** Which days and periods have sales. */
export interface SalesExtent {
  /** The first day with sales. */
  readonly from: string;
  /** The last day up to which sales are complete: the last one with sales, or of its period if sales are sums of periods. */
  readonly to: string;
  /** The first period, if sales begin within it. Its facts are not used. */
  readonly leftOut: Period | null;
}

/**
 * The extent of the known sales, in which all cutoffs must lie. It does not depend on the cutoffs, so frames of several cutoffs agree
 * on it.
 *
 * @throws FRAME_NO_SALES, FRAME_CUTOFF_OUTSIDE
 */
export async function requireCutoffs(
  reader: WarehouseReader,
  given: { readonly cutoffs: readonly string[]; readonly knownAt: string | null; readonly grain: Grain },
): Promise<SalesExtent> {
  const { cutoffs, knownAt, grain } = given;
  const [extent] = await reader.rows<{ from: string | null; to: string | null }>(
    `SELECT min(date)::text AS from, max(date)::text AS to FROM sales_daily WHERE ${recordedBy(knownAt)}`,
  );
  const known = knownAt === null ? "" : ` loaded by ${knownAt}`;
  const hint =
    knownAt === null
      ? ""
      : " The knowledge time is compared with when rows were loaded, not with when the sales happened.";
  if (extent?.from == null || extent.to == null) throw fail("FRAME_NO_SALES", { known, hint });
  const { from } = extent;
  const [first, last] = [grain.periodOf(dayOf(from)), grain.periodOf(dayOf(extent.to))];
  const sums = async (...two: Period[]) => first < last && (await areSumsOfPeriods(reader, two, given));
  const to = (await sums(last - 1, last)) ? dateOf(grain.lastDay(last)) : extent.to;
  const outside = cutoffs.find((cutoff) => cutoff < from || cutoff > to);
  if (outside !== undefined) throw fail("FRAME_CUTOFF_OUTSIDE", { cutoff: outside, from, to, known, hint });
  const isWhole = grain.firstDay(first) === dayOf(from);
  const whole = isWhole || (await sums(first, first + 1));
  return { from, to, leftOut: whole ? null : first };
}

/** The drivers whose fact tables all have rows up to the cutoff, and the others with the reason why they are omitted. */
export async function driversWithFacts(
  reader: WarehouseReader,
  drivers: readonly Driver[],
  { cutoff, knownAt }: { cutoff: string; knownAt: string | null },
): Promise<{ readonly available: Driver[]; readonly left_out: LeftOut[] }> {
  const available: Driver[] = [];
  const left_out: LeftOut[] = [];
  for (const driver of drivers) {
    const empty = await emptyTable(reader, driver, { cutoff, knownAt });
    if (empty === undefined) available.push(driver);
    else
      left_out.push({ driver: driver.name, columns: null, reason: `${empty} has no facts up to the cutoff` });
  }
  return { available, left_out };
}

async function emptyTable(
  reader: WarehouseReader,
  { reads }: Driver,
  { cutoff, knownAt }: { cutoff: string; knownAt: string | null },
): Promise<string | undefined> {
  for (const { name, day } of reads.filter(isFactTable)) {
    const [found] = await reader.rows<{ some: boolean }>(
      `SELECT EXISTS (
         SELECT FROM ${quoteIdentifier(name)} WHERE ${quoteIdentifier(day)} <= $1::date AND ${recordedBy(knownAt)}
       ) AS some`,
      [cutoff],
    );
    if (!found?.some) return name;
  }
  return undefined;
}
