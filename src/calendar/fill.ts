import type { Client } from "../database/connection.ts";
import { withTransaction } from "../database/connection.ts";
import { requireRange } from "../system/dates.ts";
import { joinNames, publicHolidays, type Region } from "./holidays.ts";

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
 * Fills `calendar` with every day from `from` to `to`, both inclusive. With a region, the holidays of all these
 * days become the region's; without one, days that exist keep theirs and new days have none. Filling the same range
 * again writes nothing.
 *
 * @throws DATE_INVALID, DATE_RANGE_INVALID, COUNTRY_UNKNOWN, SUBDIVISION_UNKNOWN, SCHEMA_MISSING
 */
export async function fillCalendar(
  client: Client,
  range: { from: string; to: string; region?: Region | undefined },
): Promise<CalendarFill> {
  requireRange(range);
  const { from, to } = range;
  const names = new Map<string, string[]>();
  for (const { date, name } of range.region ? publicHolidays(range.region, from, to) : []) {
    names.set(date, [...(names.get(date) ?? []), name]);
  }
  return withTransaction(client, async () => {
    const { rows } = await client.query<{ inserted: number; updated: number; days: number }>(fillDays, [
      from,
      to,
      range.region !== undefined,
      [...names.keys()],
      [...names.values()].map(joinNames),
    ]);
    const { inserted = 0, updated = 0, days = 0 } = rows[0] ?? {};
    const holidays = await client.query<{ holidays: number }>(countHolidays, [from, to]);
    return {
      from,
      to,
      days,
      inserted,
      updated,
      unchanged: days - inserted - updated,
      holidays: holidays.rows[0]?.holidays ?? 0,
    };
  });
}

/** $1 from, $2 to, $3 whether holidays are known, $4 the holidays' dates, $5 their names. */
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
