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
