import { fail } from "../../errors.ts";
import { daySql } from "../days.ts";
import { engineTable } from "../engine-tables.ts";
import { type Freq, freqs } from "../grain.ts";
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
  readBy: "calendar_period",
  droppedBy: null,
});

const calendarPeriod = engineTable({
  name: "calendar_period",
  kind: "table",
  grain: "one row per period of the calendar, with the columns of the driver",
  columns: {
    period: "INTEGER",
    ...Object.fromEntries(freqs.flatMap((freq) => columnsOf(freq, [])).map(({ name, type }) => [name, type])),
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
  engineTables: [calendarDates, calendarPeriod],
  require: requireDays,
  plan: ({ spec, grain }) => {
    const columns = columnsOf(grain.freq, spec.paydays);
    return {
      staging: [
        {
          table: calendarDates,
          query: () => `SELECT ${daySql("date")}, is_holiday, holiday_name FROM calendar`,
          day: null,
        },
      ],
      prepare: [
        `CREATE TABLE ${calendarPeriod} AS
         WITH dated AS (
           SELECT day, is_holiday, holiday_name, DATE '1970-01-01' + day AS ds, last_day(DATE '1970-01-01' + day) AS month_end,
             ${grain.sql.periodOf("day")} AS period, ${grain.sql.firstDay(grain.sql.periodOf("day"))} AS first_day
           FROM ${calendarDates}
         ), holiday AS (
           SELECT day FROM ${calendarDates} WHERE is_holiday
         )
         SELECT
           dated.period,
           ${columns.map(({ name, of, type }) => `CAST(${of} AS ${type}) AS ${name}`).join(",\n           ")}
         FROM dated
         ASOF LEFT JOIN holiday AS next ON next.day >= dated.day
         ASOF LEFT JOIN holiday AS last ON last.day <= dated.day
         ${grain.freq === "day" ? "" : "GROUP BY dated.period"}`,
      ],
      join: `JOIN ${calendarPeriod} ON ${calendarPeriod}.period = history.period`,
      columns: columns.map(({ of: _, ...column }) => ({
        ...column,
        sql: `${calendarPeriod}.${column.name}`,
      })),
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

type CalendarColumn = Omit<DriverColumn, "sql"> & { readonly of: string };

/** The columns of a period. `of` is SQL over a day, its holidays and the end of its month, or over the days of a longer period. */
function columnsOf(freq: Freq, paydays: readonly Payday[]): CalendarColumn[] {
  return freq === "day" ? columnsOfDay(paydays) : columnsOfPeriod(freq, paydays);
}

function columnsOfDay(paydays: readonly Payday[]): CalendarColumn[] {
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

function columnsOfPeriod(freq: Exclude<Freq, "day">, paydays: readonly Payday[]): CalendarColumn[] {
  const first = (part: string) => `${part}(DATE '1970-01-01' + min(first_day))`;
  const unknown = "NULL if the calendar has none";
  const ofWeek: CalendarColumn[] = [
    {
      name: "week_of_year",
      type: "INTEGER",
      of: first("week"),
      description: "ISO week of the first day, 1 to 53.",
    },
  ];
  const payday: CalendarColumn[] = [
    {
      name: "is_payday",
      type: "BOOLEAN",
      of: `bool_or(${isPayday(paydays)})`,
      description: "A day of the week is a payday.",
    },
  ];
  return [
    ...(freq === "week" ? ofWeek : []),
    { name: "month", type: "INTEGER", of: first("month"), description: "Month of the first day, 1 to 12." },
    {
      name: "quarter",
      type: "INTEGER",
      of: first("quarter"),
      description: "Quarter of the first day, 1 to 4.",
    },
    { name: "year", type: "INTEGER", of: first("year"), description: "Year of the first day." },
    ...(freq === "month" ? daysOfMonth() : []),
    {
      name: "is_holiday",
      type: "BOOLEAN",
      of: "bool_or(is_holiday)",
      description: `A day of the ${freq} is a holiday.`,
    },
    {
      name: "holiday_count",
      type: "INTEGER",
      of: "count(*) FILTER (is_holiday)",
      description: `Holidays in the ${freq}.`,
    },
    {
      name: "holiday_name",
      type: "VARCHAR",
      of: "arg_min(holiday_name, dated.day) FILTER (is_holiday AND holiday_name IS NOT NULL)",
      description: `The name of the ${freq}'s first holiday.`,
    },
    {
      name: "days_to_holiday",
      type: "DOUBLE",
      of: "min(next.day) - min(first_day)",
      looksAhead: true,
      description: `Days from the first day of the ${freq} to the next holiday, 0 on one; ${unknown}.`,
    },
    {
      name: "days_since_holiday",
      type: "DOUBLE",
      of: "min(first_day) - arg_min_null(last.day, dated.day)",
      description: `Days from the last holiday to the first day of the ${freq}, 0 on one; ${unknown}.`,
    },
    ...(freq === "week" ? payday : []),
  ];
}

/** Months differ in these. */
function daysOfMonth(): CalendarColumn[] {
  return [
    { name: "days_in_month", type: "INTEGER", of: "day(max(month_end))", description: "28 to 31." },
    {
      name: "weekend_days",
      type: "INTEGER",
      of: "count(*) FILTER (isodow(ds) >= 6)",
      description: "Saturdays and Sundays of the month.",
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
