import { Temporal } from "temporal-polyfill";

/** A day as a number: days since 1970-01-01. Windows and joins count with it; people read dates. */
export type Day = number;

const epoch = Temporal.PlainDate.from("1970-01-01");

export function dayOf(date: string): Day {
  return epoch.until(date).days;
}

export function dateOf(day: Day): string {
  return epoch.add({ days: day }).toString();
}

/** SQL of a column of dates as days; PostgreSQL and DuckDB share it. */
export const daySql = (column: string) => `${column} - DATE '1970-01-01'`;

/** SQL of the first and the last day of a window as days: one without an end, or at infinity, ends with the year 9999. */
export const firstDaySql = (column: string) => daySql(`greatest(${column}, DATE '0001-01-01')`);
export const lastDaySql = (column: string) => daySql(`least(${column}, DATE '9999-12-31')`);
