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
       WITH holiday AS (
         SELECT day FROM calendar WHERE is_holiday
       ), dated AS (
         SELECT day, is_holiday, holiday_name, DATE '1970-01-01' + day AS ds, last_day(DATE '1970-01-01' + day) AS month_end
         FROM calendar
       ), paydays AS (
         SELECT day, ${isPayday(spec.paydays)} AS is_payday FROM dated
       )
       SELECT
         dated.*,
         next.day - dated.day AS days_to_holiday,
         dated.day - last.day AS days_since_holiday,
         is_payday,
         ${daysSincePayday(spec.paydays)} AS days_since_payday
       FROM dated
       JOIN paydays USING (day)
       ASOF LEFT JOIN holiday AS next ON next.day >= dated.day
       ASOF LEFT JOIN holiday AS last ON last.day <= dated.day`,
    ],
    block: [],
    join: "JOIN calendar_day ON calendar_day.day = history.day",
    columns,
  };
}

/** A payday that the month does not have falls on its last day; `last` is the 31st. */
function isPayday(paydays: readonly (number | "last")[]): string {
  return `day(ds) IN (${monthdays(paydays).join(", ")})`;
}

/** The latest payday on or before the day lies in its month or in the one before. */
function daysSincePayday(paydays: readonly (number | "last")[]): string {
  const inMonth = monthdays(paydays).map((day) => `CASE WHEN ${day} <= day(ds) THEN day(ds) - ${day} END`);
  const before = paydays.map((payday) => {
    const wanted = payday === "last" ? 31 : payday;
    return `day(ds) + greatest(0, day(date_trunc('month', ds)::DATE - 1) - ${wanted})`;
  });
  if (paydays.length === 0) return "NULL::INTEGER";
  return `coalesce(least(${inMonth.join(", ")}), least(${before.join(", ")}))`;
}

const monthdays = (paydays: readonly (number | "last")[]) =>
  paydays.length === 0
    ? ["NULL"]
    : paydays.map((payday) => `least(${payday === "last" ? 31 : payday}, day(month_end))`);

const future = (name: string, type: DriverColumn["type"], sql: string, description: string) => ({
  name,
  type,
  sql,
  description,
});

const ds = "calendar_day.ds";

const columns: readonly DriverColumn[] = [
  future("day_of_week", "INTEGER", `isodow(${ds}) - 1`, "0 = Monday … 6 = Sunday."),
  future("day_of_month", "INTEGER", `day(${ds})`, "1 to 31."),
  future("week_of_year", "INTEGER", `week(${ds})`, "ISO week, 1 to 53."),
  future("month", "INTEGER", `month(${ds})`, "1 to 12."),
  future("quarter", "INTEGER", `quarter(${ds})`, "1 to 4."),
  future("year", "INTEGER", `year(${ds})`, "The year."),
  future("is_weekend", "BOOLEAN", `isodow(${ds}) >= 6`, "Saturday or Sunday."),
  future("is_holiday", "BOOLEAN", "calendar_day.is_holiday", "A holiday of the calendar."),
  future("holiday_name", "VARCHAR", "calendar_day.holiday_name", "Its name."),
  {
    ...future(
      "days_to_holiday",
      "INTEGER",
      "calendar_day.days_to_holiday",
      "Days to the next holiday, 0 on one; NULL where the calendar knows none.",
    ),
    looksAhead: true,
  },
  future(
    "days_since_holiday",
    "INTEGER",
    "calendar_day.days_since_holiday",
    "Days since the last holiday, 0 on one; NULL where the calendar knows none.",
  ),
  future("is_month_end", "BOOLEAN", `${ds} = calendar_day.month_end`, "The last day of the month."),
  future("days_to_month_end", "INTEGER", `calendar_day.month_end - ${ds}`, "Days to the last day of the month."),
  future("is_payday", "BOOLEAN", "coalesce(calendar_day.is_payday, false)", "A payday of the spec."),
  future("days_since_payday", "INTEGER", "calendar_day.days_since_payday", "Days since the last payday, 0 on one."),
];
