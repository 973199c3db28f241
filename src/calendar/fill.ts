import { Temporal } from "temporal-polyfill";
import { type Database, withAbortableClient, withTransaction } from "../database/connection.ts";
import { fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import { requireRange } from "../system/dates.ts";
import { joinNames, publicHolidays, type Region } from "./holidays.ts";

export interface CalendarRange {
  /** First day, YYYY-MM-DD. */
  readonly from: string;
  /** Last day, YYYY-MM-DD, included. */
  readonly to: string;
  /** Whose public holidays the days get; default: days that exist keep theirs, and new days have none. */
  readonly region?: Region | undefined;
  /** Whether days before 1900 or after 2200, or more than 100 years, are meant; default false: such a range is refused. */
  readonly force?: boolean | undefined;
  /** Ends the work when it is aborted, with nothing written; default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** What filling the calendar did. */
export interface CalendarFill {
  readonly from: string;
  readonly to: string;
  /** Days of the range: inserted + updated + unchanged. */
  readonly days: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Days of the range that are holidays now. */
  readonly holidays: number;
}

/**
 * Fills `calendar` with every day from `from` to `to`, both included. With a region, the holidays of these days become the
 * region's; without one, days that exist keep theirs and new days have none. Filling the same range again writes nothing.
 *
 * @returns how many days were inserted, updated and left unchanged, and how many are holidays
 * @throws DATE_INVALID, DATE_RANGE_INVALID, CALENDAR_RANGE_UNUSUAL, HOLIDAY_YEARS_UNSUPPORTED, COUNTRY_UNKNOWN,
 * SUBDIVISION_UNKNOWN, SCHEMA_MISSING and errors of the connection; the signal's reason when it is aborted
 *
 * @example
 * import { databaseOf, fillCalendar } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * const range = { from: "2024-01-01", to: "2025-12-31", region: { country: "GB", subdivision: "SCT" } };
 * const { days, holidays } = await fillCalendar(warehouse, range);
 * console.log(`${days} days, ${holidays} of them holidays`);
 */
export async function fillCalendar(database: Database, range: CalendarRange): Promise<CalendarFill> {
  kinds.requireArguments(
    "fillCalendar",
    { database, range },
    { database: kinds.database, range: kinds.object },
  );
  kinds.requireArguments("fillCalendar", range, {
    from: kinds.day,
    to: kinds.day,
    "region?": kinds.object,
    "force?": kinds.flag,
    "signal?": kinds.signal,
  });
  if (range.region !== undefined) {
    kinds.requireArguments("fillCalendar", range.region, { country: kinds.text, "subdivision?": kinds.text });
  }
  requireRange(range);
  const { from, to, region, force = false, signal } = range;
  if (!force) requireUsual(from, to);
  const names = new Map<string, string[]>();
  for (const { date, name } of region ? publicHolidays(region, from, to) : []) {
    names.set(date, [...(names.get(date) ?? []), name]);
  }
  const values = [from, to, region !== undefined, [...names.keys()], [...names.values()].map(joinNames)];
  return withAbortableClient(
    database,
    (client) =>
      withTransaction(client, async () => {
        const filled = await client.query<{ inserted: number; updated: number; days: number }>(
          fillDays,
          values,
        );
        const { inserted = 0, updated = 0, days = 0 } = filled.rows[0] ?? {};
        const counted = await client.query<{ holidays: number }>(countHolidays, [from, to]);
        const { holidays = 0 } = counted.rows[0] ?? {};
        return { from, to, days, inserted, updated, unchanged: days - inserted - updated, holidays };
      }),
    signal,
  );
}

/** @throws CALENDAR_RANGE_UNUSUAL */
function requireUsual(from: string, to: string): void {
  const [first, last] = [Temporal.PlainDate.from(from), Temporal.PlainDate.from(to)];
  const problem =
    from < "1900-01-01" || to > "2200-12-31"
      ? "it reaches beyond the years 1900 to 2200"
      : Temporal.PlainDate.compare(last, first.add({ years: 100 })) >= 0
        ? "it is longer than 100 years"
        : undefined;
  if (problem === undefined) return;
  throw fail("CALENDAR_RANGE_UNUSUAL", { from, to, days: first.until(last).days + 1, problem });
}

/** $1 from, $2 to, $3 whether there is a region, $4 the holidays' dates, $5 their names. */
const fillDays = `
  WITH day AS (
    SELECT generated::date AS date, holiday.name AS holiday_name
    FROM generate_series($1::timestamp, $2::timestamp, interval '1 day') AS generated
    LEFT JOIN unnest($4::date[], $5::text[]) AS holiday (date, name) ON holiday.date = generated::date
  ), inserted AS (
    INSERT INTO calendar (date, day_of_week, month, quarter, year, is_holiday, holiday_name)
    SELECT
      date,
      EXTRACT(ISODOW FROM date) - 1,
      EXTRACT(MONTH FROM date),
      EXTRACT(QUARTER FROM date),
      EXTRACT(YEAR FROM date),
      holiday_name IS NOT NULL,
      holiday_name
    FROM day
    ON CONFLICT (date) DO NOTHING
    RETURNING date
  ), updated AS (
    UPDATE calendar
    SET is_holiday = day.holiday_name IS NOT NULL, holiday_name = day.holiday_name
    FROM day
    WHERE $3
      AND calendar.date = day.date
      AND (calendar.is_holiday, calendar.holiday_name)
        IS DISTINCT FROM (day.holiday_name IS NOT NULL, day.holiday_name)
    RETURNING calendar.date
  )
  SELECT
    (SELECT count(*) FROM inserted)::int AS inserted,
    (SELECT count(*) FROM updated)::int AS updated,
    (SELECT count(*) FROM day)::int AS days
`;

const countHolidays = `
  SELECT count(*)::int AS holidays
  FROM calendar
  WHERE date BETWEEN $1 AND $2 AND is_holiday
`;
