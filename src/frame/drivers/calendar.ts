import { daySql } from "../days.ts";
import type { Driver, DriverColumn, FrameScope } from "./driver.ts";

/** The calendar: future. Days of the week and month follow from the date, holidays stand in the table. */
export function calendarDriver({ spec }: FrameScope): Driver {
  return {
    name: "calendar",
    class: "future",
    stages: [
      {
        table: "calendar",
        columns: [
          { name: "day", type: "INTEGER" },
          { name: "is_holiday", type: "BOOLEAN" },
          { name: "holiday_name", type: "VARCHAR" },
        ],
        query: () => `SELECT ${daySql("date")}, is_holiday, holiday_name FROM calendar`,
        day: null,
      },
    ],
    prepare: [
      `CREATE TABLE calendar_day AS
       WITH dated AS (
         SELECT day, is_holiday, holiday_name, DATE '1970-01-01' + day AS ds, last_day(DATE '1970-01-01' + day) AS month_end
         FROM calendar
       ), holiday AS (
         SELECT day FROM calendar WHERE is_holiday
       )
       SELECT
         dated.day,
         ${columns(spec.paydays)
           .map(({ name, of, type }) => `CAST(${of} AS ${type}) AS ${name}`)
           .join(",\n         ")}
       FROM dated
       ASOF LEFT JOIN holiday AS next ON next.day >= dated.day
       ASOF LEFT JOIN holiday AS last ON last.day <= dated.day`,
    ],
    block: [],
    join: "JOIN calendar_day ON calendar_day.day = history.day",
    columns: columns(spec.paydays).map(({ of: _, ...column }) => ({
      ...column,
      sql: `calendar_day.${column.name}`,
    })),
  };
}

/** The columns of a day, made once for the days of the calendar; `of` is over the day, its holidays and its month's end. */
function columns(paydays: readonly Payday[]): (Omit<DriverColumn, "sql"> & { readonly of: string })[] {
  const unknown = "NULL where the calendar knows none";
  return [
    { name: "day_of_week", type: "INTEGER", of: "isodow(ds) - 1", description: "0 = Monday … 6 = Sunday." },
    { name: "day_of_month", type: "INTEGER", of: "day(ds)", description: "1 to 31." },
    { name: "week_of_year", type: "INTEGER", of: "week(ds)", description: "ISO week, 1 to 53." },
    { name: "month", type: "INTEGER", of: "month(ds)", description: "1 to 12." },
    { name: "quarter", type: "INTEGER", of: "quarter(ds)", description: "1 to 4." },
    { name: "year", type: "INTEGER", of: "year(ds)", description: "The year." },
    { name: "is_weekend", type: "BOOLEAN", of: "isodow(ds) >= 6", description: "Saturday or Sunday." },
    { name: "is_holiday", type: "BOOLEAN", of: "is_holiday", description: "A holiday of the calendar." },
    { name: "holiday_name", type: "VARCHAR", of: "holiday_name", description: "Its name." },
    {
      name: "days_to_holiday",
      type: "INTEGER",
      of: "next.day - dated.day",
      looksAhead: true,
      description: `Days to the next holiday, 0 on one; ${unknown}.`,
    },
    {
      name: "days_since_holiday",
      type: "INTEGER",
      of: "dated.day - last.day",
      description: `Days since the last holiday, 0 on one; ${unknown}.`,
    },
    {
      name: "is_month_end",
      type: "BOOLEAN",
      of: "ds = month_end",
      description: "The last day of the month.",
    },
    {
      name: "days_to_month_end",
      type: "INTEGER",
      of: "month_end - ds",
      description: "Days to the last day of the month.",
    },
    { name: "is_payday", type: "BOOLEAN", of: isPayday(paydays), description: "A payday of the spec." },
    {
      name: "days_since_payday",
      type: "INTEGER",
      of: daysSincePayday(paydays),
      description: "Days since the last payday, 0 on one.",
    },
  ];
}

type Payday = number | "last";

/** A payday that the month does not have falls on its last day; `last` is the 31st. */
function isPayday(paydays: readonly Payday[]): string {
  return paydays.length === 0 ? "false" : `day(ds) IN (${inMonth(paydays).join(", ")})`;
}

/** The latest payday on or before the day lies in its month or in the one before. */
function daysSincePayday(paydays: readonly Payday[]): string {
  if (paydays.length === 0) return "NULL";
  const here = inMonth(paydays).map(
    (payday) => `CASE WHEN ${payday} <= day(ds) THEN day(ds) - ${payday} END`,
  );
  const before = paydays.map(
    (payday) => `day(ds) + greatest(0, day(date_trunc('month', ds)::DATE - 1) - ${monthday(payday)})`,
  );
  return `coalesce(least(${here.join(", ")}), least(${before.join(", ")}))`;
}

const inMonth = (paydays: readonly Payday[]) =>
  paydays.map((payday) => `least(${monthday(payday)}, day(month_end))`);

const monthday = (payday: Payday) => (payday === "last" ? 31 : payday);
