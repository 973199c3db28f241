import type { LeftOut } from "./hollow.ts";
import type { Fold, FrameScope } from "./scope.ts";
import type { WarehouseReader } from "./source/reader.ts";

/** Something that the frame could have and does not. */
export interface Offer {
  /** A driver for `add_drivers`, or the driver that would have more columns. */
  readonly driver: string;
  /** What there is, or what is missing. */
  readonly reason: string;
}

/** What could be added to the frame of a cutoff. */
export async function offersOf(
  reader: WarehouseReader,
  fold: Fold,
  { spec, recorded, ofStores, ofProducts }: Pick<FrameScope, "spec" | "recorded" | "ofStores" | "ofProducts">,
  leftOut: readonly LeftOut[],
): Promise<Offer[]> {
  const offers: Offer[] = [];
  const has = (name: string) => spec.drivers.some((driver) => driver === name);
  if (!has("price") && !has("observed_price")) {
    const [found] = await reader.rows<{ some: boolean }>(
      `SELECT EXISTS (
         SELECT FROM sales_daily
         WHERE quantity > 0 AND total_amount > 0 AND total_amount <> 'NaN' AND date <= $1::date
           AND ${recorded} AND ${ofStores} AND ${ofProducts}
       ) AS some`,
      [fold.cutoff],
    );
    if (found?.some) offers.push({ driver: "observed_price", reason: "sales have the amount that was paid" });
  }
  if (leftOut.some(({ columns }) => columns?.includes("is_holiday"))) {
    offers.push({
      driver: "calendar",
      reason: "the calendar has no holidays; it can have those of a country",
    });
  }
  return offers;
}
