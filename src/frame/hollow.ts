import { quoteIdentifier } from "../database/identifiers.ts";
import type { Column } from "./columns.ts";
import { dayOf } from "./days.ts";
import type { Driver } from "./drivers/driver.ts";
import { periodsText } from "./grain.ts";
import { type Feature, neededReachOf } from "./history/features.ts";
import type { Fold, FrameScope } from "./scope.ts";
import { isFactTable } from "./source/frame-tables.ts";
import type { WarehouseReader } from "./source/reader.ts";
import type { FactTable } from "./source/warehouse-table.ts";
import { type DefaultedOption, defaultedOptions } from "./specification/index.ts";
import { salesDaily } from "./spine/sales.ts";

/* Columns of the default frame that could only be empty are left out by name. What a spec names stays. */

/** Columns of a driver that a frame leaves out, and why. */
export interface LeftOut {
  readonly driver: string;
  /** Null: all columns of the driver. */
  readonly columns: readonly string[] | null;
  /** What is missing, as the end of a sentence. */
  readonly reason: string;
}

/** What of the warehouse decides which columns have values. */
export interface Reach {
  /** The first day with facts, by driver or measure; null without any. `sales`: with a sale of the selected series. */
  readonly firstDays: ReadonlyMap<string, string | null>;
  /** Attributes and holiday columns without a single value. */
  readonly empty: ReadonlyMap<string, string>;
}

/** @param drivers those in the frame */
export async function readReach(
  reader: WarehouseReader,
  { spec, recorded, complete, ofStores, ofProducts }: FrameScope,
  drivers: readonly Driver[],
): Promise<Reach> {
  const firstDays = new Map<string, string | null>();
  const first = async ({ name, day }: FactTable, condition: string) => {
    const column = quoteIdentifier(day);
    const [row] = await reader.rows<{ day: string }>(
      `SELECT ${column}::text AS day FROM ${quoteIdentifier(name)} WHERE ${condition} ORDER BY ${column} LIMIT 1`,
    );
    return row?.day ?? null;
  };
  firstDays.set(
    "sales",
    await first(salesDaily, `quantity > 0 AND ${recorded} AND ${complete} AND ${ofStores} AND ${ofProducts}`),
  );
  for (const { name, class: known, reads, sparse = [] } of drivers) {
    const [facts] = known === "historic" ? reads.filter(isFactTable) : [];
    if (facts === undefined) continue;
    const selected = `${recorded} AND ${complete} AND ${ofStores}${facts.ofStores ? "" : ` AND ${ofProducts}`}`;
    firstDays.set(name, await first(facts, selected));
    for (const value of sparse) {
      const there = `${selected} AND ${quoteIdentifier(value)} IS NOT NULL`;
      firstDays.set(value, await first(facts, there));
    }
  }
  const empty = spec.drivers_named
    ? new Map<string, string>()
    : await emptyAttributes(reader, { ofStores, ofProducts });
  return { firstDays, empty };
}

async function emptyAttributes(
  reader: WarehouseReader,
  { ofStores, ofProducts }: Pick<FrameScope, "ofStores" | "ofProducts">,
): Promise<Map<string, string>> {
  const [stores] = await reader.rows<Record<string, number>>(
    `SELECT count(region)::int AS store_region, count(city)::int AS store_city, count(store_type)::int AS store_type
     FROM (SELECT id AS store_id, * FROM store) AS store WHERE ${ofStores}`,
  );
  const [products] = await reader.rows<Record<string, number>>(
    `SELECT count(category)::int AS category, count(brand)::int AS brand,
       count(nullif(base_price, 'NaN'))::int AS base_price, count(nullif(base_cost, 'NaN'))::int AS base_cost,
       (count(*) FILTER (WHERE base_price > 0 AND base_price <> 'NaN'))::int AS relative_price
     FROM (SELECT id AS product_id, * FROM product) AS product WHERE ${ofProducts}`,
  );
  const [holidays] = await reader.rows<{ holidays: number; named: number }>(
    "SELECT (count(*) FILTER (WHERE is_holiday))::int AS holidays, count(holiday_name)::int AS named FROM calendar",
  );
  const none = (counts: Record<string, number> | undefined, reason: string) =>
    Object.entries(counts ?? {}).flatMap(([name, count]): [string, string][] =>
      count === 0 ? [[name, reason]] : [],
    );
  const noHolidays = ["is_holiday", "holiday_count", "holiday_name", "days_to_holiday", "days_since_holiday"];
  return new Map([
    ...none(stores, "no store has a value"),
    ...none(products, "no product has a value"),
    ...(holidays?.holidays === 0
      ? noHolidays.map((name): [string, string] => [name, "the calendar has no holidays"])
      : holidays?.named === 0
        ? [["holiday_name", "no holiday has a name"] as const]
        : []),
  ]);
}

/** The columns that a frame of this cutoff leaves out; all other columns can have a value in some training row. */
export function hollowColumns(
  columns: readonly Column[],
  fold: Fold,
  { spec, grain }: Pick<FrameScope, "spec" | "grain">,
  { firstDays, empty }: Reach,
): LeftOut[] {
  const byReason = new Map<string, { driver: string; columns: string[]; reason: string }>();
  const leaveOut = (driver: string, name: string, reason: string) => {
    const key = `${driver} ${reason}`;
    const found = byReason.get(key) ?? { driver, columns: [], reason };
    found.columns.push(name);
    byReason.set(key, found);
  };
  for (const { name, driver, feature } of columns) {
    if (driver === null) continue;
    const reason = feature === undefined ? empty.get(name) : undefined;
    if (reason !== undefined) leaveOut(driver, name, reason);
    const option = feature && optionOf(driver, feature.kind);
    if (feature === undefined || option === undefined || !spec.defaulted.includes(option)) continue;
    const first = firstDays.has(feature.measure.name)
      ? firstDays.get(feature.measure.name)
      : firstDays.get(driver);
    if (first === undefined) continue;
    const there = first === null ? -1 : fold.period - grain.periodOf(dayOf(first));
    if (there < 0) {
      leaveOut(driver, name, "the selected stores and products have no values of it up to the cutoff");
      continue;
    }
    const needed = neededReachOf(feature);
    if (needed <= there) continue;
    const text = `it needs ${periodsText(needed, grain.freq)} of history, and there ${there === 1 ? "is" : "are"} ${there}`;
    leaveOut(driver, name, text);
  }
  return [...byReason.values()];
}

/** The option of the spec that a feature comes from. */
function optionOf(driver: string, kind: Feature["kind"]): DefaultedOption | undefined {
  const option = kind === "lag" ? "lags" : kind === "window" ? "windows" : "weekday_windows";
  const name = driver === "sales" ? option : `${driver}.${option}`;
  return defaultedOptions.find((known) => known === name);
}
