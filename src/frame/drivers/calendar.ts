import { fail } from "../../errors.ts";
import { daySql } from "../days.ts";
import { engineTable } from "../engine-tables.ts";
import type { WarehouseReader } from "../source/reader.ts";
import type { DimensionTable } from "../source/warehouse-table.ts";
import type { Driver, DriverColumn } from "./driver.ts";

const calendarTable: DimensionTable = {
  name: "calendar",
  day: null,
  perturbation: {
    kind: "holidays",
    changes: "holidays",
    // Holidays become ordinary days, and half of the ordinary days become holidays.
    statements: [
      `UPDATE calendar
       SET is_holiday = NOT is_holiday AND (date - DATE '1970-01-01') % 2 = 0, holiday_name = 'of the audit'
       WHERE date > $1::date`,
    ],
  },
};

const calendarDates = engineTable({
  name: "calendar",
  kind: "table",
  grain: "one row per day of the calendar",
  columns: { day: "INTEGER", is_holiday: "BOOLEAN", holiday_name: "VARCHAR" },
  madeBy: "stageTables",
  readBy: "calendar_day",
  droppedBy: null,
});

const calendarDay = engineTable({
  name: "calendar_day",
  kind: "table",
  grain: "one row per day of the calendar, with the columns of the driver",
  columns: {
    day: "INTEGER",
    ...Object.fromEntries(columnsOf([]).map(({ name, type }) => [name, type])),
  },
  madeBy: "the driver calendar, once",
  readBy: "the rows of the frame",
  droppedBy: null,
});

/** The calendar: future. Days of the week and the month follow from the date, holidays are in the table. */
export const calendar: Driver = {
  name: "calendar",
  class: "future",
  reads: [calendarTable],
  engineTables: [calendarDates, calendarDay],
  require: requireDays,
  plan: ({ spec }) => {
    const columns = columnsOf(spec.paydays);
    return {
      staging: [
        {
          table: calendarDates,
          query: () => `SELECT ${daySql("date")}, is_holiday, holiday_name FROM calendar`,
          day: null,
        },
      ],
      prepare: [
        `CREATE TABLE ${calendarDay} AS
         WITH dated AS (
           SELECT day, is_holiday, holiday_name, DATE '1970-01-01' + day AS ds, last_day(DATE '1970-01-01' + day) AS month_end
           FROM ${calendarDates}
         ), holiday AS (
           SELECT day FROM ${calendarDates} WHERE is_holiday
         )
         SELECT
           dated.day,
           ${columns.map(({ name, of, type }) => `CAST(${of} AS ${type}) AS ${name}`).join(",\n           ")}
         FROM dated
         ASOF LEFT JOIN holiday AS next ON next.day >= dated.day
         ASOF LEFT JOIN holiday AS last ON last.day <= dated.day`,
      ],
      join: `JOIN ${calendarDay} ON ${calendarDay}.day = history.day`,
      columns: columns.map(({ of: _, ...column }) => ({ ...column, sql: `${calendarDay}.${column.name}` })),
    };
  },
};

/** @throws FRAME_CALENDAR_INCOMPLETE if the calendar lacks a day of the frame */
async function requireDays(
  reader: WarehouseReader,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const [missing] = await reader.rows<{ days: number; first: string; last: string }>(
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

/** The columns of a day. `of` is SQL over the day, its holidays and the end of its month. */
function columnsOf(paydays: readonly Payday[]): (Omit<DriverColumn, "sql"> & { readonly of: string })[] {
  const unknown = "NULL if the calendar has none";
  return [
    { name: "day_of_week", type: "INTEGER", of: "isodow(ds) - 1", description: "0 = Monday … 6 = Sunday." },
    { name: "day_of_month", type: "INTEGER", of: "day(ds)", description: "1 to 31." },
    { name: "week_of_year", type: "INTEGER", of: "week(ds)", description: "ISO week, 1 to 53." },
    { name: "month", type: "INTEGER", of: "month(ds)", description: "1 to 12." },
    { name: "quarter", type: "INTEGER", of: "quarter(ds)", description: "1 to 4." },
    { name: "year", type: "INTEGER", of: "year(ds)", description: "The year." },
    {
      name: "is_weekend",
      type: "BOOLEAN",
      of: "isodow(ds) >= 6",
      description: "The day is a Saturday or Sunday.",
    },
    { name: "is_holiday", type: "BOOLEAN", of: "is_holiday", description: "The day is a holiday." },
    { name: "holiday_name", type: "VARCHAR", of: "holiday_name", description: "The name of the holiday." },
    {
      name: "days_to_holiday",
      type: "DOUBLE",
      of: "next.day - dated.day",
      looksAhead: true,
      description: `Days to the next holiday, 0 on one; ${unknown}.`,
    },
    {
      name: "days_since_holiday",
      type: "DOUBLE",
      of: "dated.day - last.day",
      description: `Days since the last holiday, 0 on one; ${unknown}.`,
    },
    {
      name: "is_month_end",
      type: "BOOLEAN",
      of: "ds = month_end",
      description: "The day is the last of its month.",
    },
    {
      name: "days_to_month_end",
      type: "INTEGER",
      of: "month_end - ds",
      description: "Days to the last day of the month.",
    },
    { name: "is_payday", type: "BOOLEAN", of: isPayday(paydays), description: "The day is a payday." },
    {
      name: "days_since_payday",
      type: "DOUBLE",
      of: daysSincePayday(paydays),
      description: "Days since the last payday, 0 on one.",
    },
  ];
}

type Payday = number | "last";

/** A payday that a month does not have falls on its last day; `last` is the 31st. */
function isPayday(paydays: readonly Payday[]): string {
  return paydays.length === 0 ? "false" : `day(ds) IN (${inMonth(paydays).join(", ")})`;
}

/** The latest payday up to the day is in its month or in the month before. */
function daysSincePayday(paydays: readonly Payday[]): string {
  if (paydays.length === 0) return "NULL";
  const here = inMonth(paydays).map(
    (payday) => `CASE WHEN ${payday} <= day(ds) THEN day(ds) - ${payday} END`,
  );
  const before = paydays.map(
    (payday) => `day(ds) + greatest(0, day(date_trunc('month', ds)::DATE - 1) - ${dayOfMonth(payday)})`,
  );
  return `coalesce(least(${here.join(", ")}), least(${before.join(", ")}))`;
}

const inMonth = (paydays: readonly Payday[]) =>
  paydays.map((payday) => `least(${dayOfMonth(payday)}, day(month_end))`);

const dayOfMonth = (payday: Payday) => (payday === "last" ? 31 : payday);
