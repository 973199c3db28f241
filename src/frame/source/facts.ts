import { quoteIdentifier } from "../../database/identifiers.ts";
import { fail } from "../../errors.ts";
import { dateOf, dayOf } from "../days.ts";
import type { Driver } from "../drivers/driver.ts";
import type { Grain } from "../grain.ts";
import type { LeftOut } from "../hollow.ts";
import { isFactTable } from "./frame-tables.ts";
import type { WarehouseReader } from "./reader.ts";
import { recordedBy } from "./recorded.ts";

/**
 * The first and the last day with known sales. A cutoff must be one of these days, or of the period of the last one, because a row
 * may be the sum of a whole period.
 *
 * @throws FRAME_NO_SALES, FRAME_CUTOFF_OUTSIDE
 */
export async function requireCutoffs(
  reader: WarehouseReader,
  given: { readonly cutoffs: readonly string[]; readonly knownAt: string | null; readonly grain: Grain },
): Promise<{ readonly from: string; readonly to: string }> {
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
  const to = dateOf(grain.lastDay(grain.periodOf(dayOf(extent.to))));
  const outside = cutoffs.find((cutoff) => cutoff < from || cutoff > to);
  if (outside !== undefined) throw fail("FRAME_CUTOFF_OUTSIDE", { cutoff: outside, from, to, known, hint });
  return { from, to };
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
