import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { fail } from "../../errors.ts";
import { didYouMean } from "../../system/did-you-mean.ts";
import type { DriverName, FrameSpec } from "../specification/index.ts";
import type { Source } from "./source.ts";

/* Questions to the warehouse before any fact is read. */

/** SQL: of facts, those recorded in time. */
export function recordedBy(knownAt: string | null): string {
  return knownAt === null ? "true" : `created_at <= TIMESTAMPTZ ${quoteLiteral(knownAt)}`;
}

/**
 * The first and the last day with sales that are known.
 *
 * @throws FRAME_NO_SALES, FRAME_CUTOFF_OUTSIDE
 */
export async function requireCutoff(
  source: Source,
  { cutoff, knownAt }: { cutoff: string; knownAt: string | null },
): Promise<{ readonly from: string; readonly to: string }> {
  const [extent] = await source.rows<{ from: string | null; to: string | null }>(
    `SELECT min(date)::text AS from, max(date)::text AS to FROM sales_daily WHERE ${recordedBy(knownAt)}`,
  );
  const known = knownAt === null ? "" : ` recorded by ${knownAt}`;
  if (extent?.from == null || extent.to == null) throw fail("FRAME_NO_SALES", { known });
  const { from, to } = extent;
  if (cutoff < from || cutoff > to) throw fail("FRAME_CUTOFF_OUTSIDE", { cutoff, from, to, known });
  return { from, to };
}

/**
 * SQL conditions on `store_id` and `product_id` of what the spec selects; `true` where it does not.
 *
 * @throws FRAME_SELECTION_UNKNOWN where no store or product has a value that is asked for
 */
export async function selectionOf(
  source: Source,
  { series }: FrameSpec,
): Promise<{ readonly ofStores: string; readonly ofProducts: string }> {
  return {
    ofStores: await selected(source, "store", series.store),
    ofProducts: await selected(source, "product", series.product),
  };
}

async function selected(
  source: Source,
  dimension: "store" | "product",
  filters: Readonly<Record<string, readonly string[] | undefined>>,
): Promise<string> {
  const asked = Object.entries(filters).flatMap(([attribute, values]) =>
    values === undefined ? [] : [{ attribute, values }],
  );
  if (asked.length === 0) return "true";
  for (const { attribute, values } of asked) await requireValues(source, dimension, attribute, values);
  const conditions = asked.map(
    ({ attribute }, index) => `${quoteIdentifier(attribute)} = ANY($${index + 1}::text[])`,
  );
  const rows = await source.rows<{ id: number }>(
    `SELECT id FROM ${dimension} WHERE ${conditions.join(" AND ")} ORDER BY id`,
    asked.map(({ values }) => values),
  );
  const ids = rows.map(({ id }) => Number(id));
  return ids.length === 0 ? "false" : `${dimension}_id IN (${ids.join(", ")})`;
}

async function requireValues(
  source: Source,
  dimension: string,
  attribute: string,
  values: readonly string[],
): Promise<void> {
  const column = quoteIdentifier(attribute);
  const [unknown] = await source.rows<{ value: string }>(
    `SELECT value FROM unnest($1::text[]) AS value
     WHERE NOT EXISTS (SELECT FROM ${dimension} WHERE ${column} = value)`,
    [values],
  );
  if (unknown === undefined) return;
  const known = await source.rows<{ value: string }>(
    `SELECT DISTINCT ${column} AS value FROM ${dimension} WHERE ${column} IS NOT NULL ORDER BY 1 LIMIT 1000`,
  );
  const names = known.map(({ value }) => value);
  const shown = names.slice(0, 10).join(", ") + (names.length > 10 ? ", …" : "");
  const guess = didYouMean(unknown.value, names)?.replace(/^d/, "D");
  const hint = guess ?? `There are: ${shown || "none"}`;
  throw fail("FRAME_SELECTION_UNKNOWN", { dimension, attribute, value: unknown.value, hint });
}

const factsOf: Partial<Record<DriverName, { readonly table: string; readonly day: string }>> = {
  price: { table: "price_history", day: "valid_from" },
  promotion: { table: "promotion", day: "start_date" },
  inventory: { table: "inventory_snapshot_daily", day: "date" },
  traffic: { table: "traffic_daily", day: "date" },
  weather: { table: "weather_daily", day: "date" },
};

/** The drivers whose tables have facts up to the cutoff, and those that have none. */
export async function driversWithFacts(
  source: Source,
  drivers: readonly DriverName[],
  { cutoff, knownAt }: { cutoff: string; knownAt: string | null },
): Promise<{ readonly kept: DriverName[]; readonly without: { driver: DriverName; reason: string }[] }> {
  const kept: DriverName[] = [];
  const without: { driver: DriverName; reason: string }[] = [];
  for (const driver of drivers) {
    const facts = factsOf[driver];
    const [found] =
      facts === undefined
        ? [{ some: true }]
        : await source.rows<{ some: boolean }>(
            `SELECT EXISTS (
               SELECT FROM ${facts.table} WHERE ${facts.day} <= $1::date AND ${recordedBy(knownAt)}
             ) AS some`,
            [cutoff],
          );
    if (found?.some) kept.push(driver);
    else without.push({ driver, reason: `${facts?.table} has no facts up to the cutoff` });
  }
  return { kept, without };
}

/**
 * Makes sure that the calendar has every day of the frame.
 *
 * @throws FRAME_CALENDAR_INCOMPLETE
 */
export async function requireCalendar(
  source: Source,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const [missing] = await source.rows<{ days: number; first: string; last: string }>(
    `SELECT count(*)::int AS days, min(day)::text AS first, max(day)::text AS last
     FROM (
       SELECT generate_series($1::timestamp, $2::timestamp, interval '1 day')::date AS day
       EXCEPT SELECT date FROM calendar
     ) AS missing`,
    [from, to],
  );
  if (missing === undefined || missing.days === 0) return;
  const { days, first, last } = missing;
  throw fail("FRAME_CALENDAR_INCOMPLETE", { days, first, last });
}

const factTables = [
  "sales_daily",
  "inventory_snapshot_daily",
  "price_history",
  "promotion",
  "traffic_daily",
  "weather_daily",
] as const;

/** The loads in the ledger that brought facts of these tables, as far as they were known. */
export async function loadsOf(source: Source, knownAt: string | null): Promise<number[]> {
  const rows = await source.rows<{ id: string }>(
    `SELECT id FROM load_run
     WHERE table_name = ANY($1::text[]) AND ($2::timestamptz IS NULL OR started_at <= $2::timestamptz)
     ORDER BY id`,
    [[...factTables, "sales_txn"], knownAt],
  );
  return rows.map(({ id }) => Number(id));
}

/** What was overwritten since the knowledge time, by table; tables where nothing was are left out. */
export async function changedSince(
  source: Source,
  knownAt: string,
): Promise<{
  readonly overwritten: Record<string, number>;
  readonly dimensions_changed: Record<string, number>;
}> {
  const counted = async (tables: readonly string[], condition: string) => {
    const counts: Record<string, number> = {};
    for (const table of tables) {
      const [row] = await source.rows<{ rows: number }>(
        `SELECT count(*)::float8 AS rows FROM ${quoteIdentifier(table)} WHERE ${condition}`,
        [knownAt],
      );
      if (row !== undefined && row.rows > 0) counts[table] = row.rows;
    }
    return counts;
  };
  return {
    overwritten: await counted(factTables, "created_at <= $1::timestamptz AND updated_at > $1::timestamptz"),
    dimensions_changed: await counted(
      ["store", "product", "calendar"],
      "created_at > $1::timestamptz OR updated_at > $1::timestamptz",
    ),
  };
}
