import { type Client, type Database, withAbortableClient, withTransaction } from "../database/connection.ts";
import { currentSchema } from "../database/current-schema.ts";
import { quoteIdentifier } from "../database/identifiers.ts";
import { fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import { requireRange } from "../system/dates.ts";
import { countText } from "../system/numbers.ts";

export interface CalendarRemovalRequest {
  /** First day, YYYY-MM-DD. */
  readonly from: string;
  /** Last day, YYYY-MM-DD, included. */
  readonly to: string;
  /** Whether to remove days that are holidays as well; default false. Days that facts refer to always stay. */
  readonly force?: boolean | undefined;
  /** Whether to check and count, and remove nothing; default false. */
  readonly dryRun?: boolean | undefined;
  /** Ends the work when it is aborted, with nothing removed; default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** What removing days did. */
export interface CalendarRemoval {
  readonly from: string;
  readonly to: string;
  /** Days of the range that were removed, or would be. */
  readonly removed: number;
  readonly dry_run: boolean;
}

/**
 * Removes the days from `from` to `to`, both included, from `calendar`: all of them or none. Days that a table refers to stay,
 * and so do holidays unless `force` is set.
 *
 * @returns how many days were removed; days that the calendar does not have count as none
 * @throws DATE_INVALID, DATE_RANGE_INVALID, CALENDAR_RANGE_IN_USE, SCHEMA_MISSING and errors of the connection; the signal's
 * reason when it is aborted
 *
 * @example
 * import { databaseOf, removeDays } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * const { removed } = await removeDays(warehouse, { from: "2090-01-01", to: "2099-12-31", dryRun: true });
 * console.log(`${removed} days would be removed`);
 */
export async function removeDays(
  database: Database,
  request: CalendarRemovalRequest,
): Promise<CalendarRemoval> {
  kinds.requireArguments(
    "removeDays",
    { database, request },
    { database: kinds.database, request: kinds.object },
  );
  kinds.requireArguments("removeDays", request, {
    from: kinds.day,
    to: kinds.day,
    "force?": kinds.flag,
    "dryRun?": kinds.flag,
    "signal?": kinds.signal,
  });
  const { from, to, force = false, dryRun = false, signal } = request;
  requireRange({ from, to });
  const work = async (client: Client) => {
    const uses = await usesOf(client, from, to, force);
    if (uses.length > 0) throw fail("CALENDAR_RANGE_IN_USE", { from, to, uses: uses.join(", ") });
    const { rows } = await client.query<{ days: number }>(dryRun ? countDays : deleteDays, [from, to]);
    return { from, to, removed: rows[0]?.days ?? 0, dry_run: dryRun };
  };
  return withAbortableClient(database, (client) => withTransaction(client, () => work(client)), signal);
}

/** What keeps days of the range: `sales_daily (31 rows)`, with holidays last. */
async function usesOf(client: Client, from: string, to: string, force: boolean): Promise<string[]> {
  const uses: string[] = [];
  const count = async (what: string, sql: string) => {
    const { rows } = await client.query<{ rows: number }>(sql, [from, to]);
    const [counted = 0] = rows.map((row) => Number(row.rows));
    if (counted > 0) uses.push(`${what} (${countText(counted, "row")})`);
  };
  const { rows } = await client.query<Referrer>(referrers, [await currentSchema(client)]);
  for (const { schema, table, column } of rows) {
    const relation = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
    const inRange = `${quoteIdentifier(column)} BETWEEN $1 AND $2`;
    await count(table, `SELECT count(*) AS rows FROM ${relation} WHERE ${inRange}`);
  }
  if (!force) {
    await count(
      "holidays of calendar",
      "SELECT count(*) AS rows FROM calendar WHERE is_holiday AND date BETWEEN $1 AND $2",
    );
  }
  return uses;
}

interface Referrer {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** $1 schema: every table with a foreign key to its calendar, also those of others; partitions count as their table. */
const referrers = `
  SELECT namespace.nspname AS schema, referrer.relname AS table, attribute.attname AS column
  FROM pg_constraint
  JOIN pg_class AS calendar ON calendar.oid = confrelid AND calendar.relname = 'calendar'
  JOIN pg_namespace AS home ON home.oid = calendar.relnamespace AND home.nspname = $1
  JOIN pg_class AS referrer ON referrer.oid = conrelid
  JOIN pg_namespace AS namespace ON namespace.oid = referrer.relnamespace
  JOIN pg_attribute AS attribute ON attribute.attrelid = conrelid AND attribute.attnum = conkey[1]
  WHERE contype = 'f' AND conparentid = 0
  ORDER BY referrer.relname, attribute.attname
`;

const countDays = "SELECT count(*)::int AS days FROM calendar WHERE date BETWEEN $1 AND $2";

const deleteDays = `
  WITH removed AS (DELETE FROM calendar WHERE date BETWEEN $1 AND $2 RETURNING date)
  SELECT count(*)::int AS days FROM removed
`;
