import { Temporal } from "temporal-polyfill";
import { quoteLiteral } from "../database/identifiers.ts";

/** A day as a number of days since 1970-01-01. Windows and joins compute with it; people read dates. */
export type Day = number;

const epoch = Temporal.PlainDate.from("1970-01-01");

export function dayOf(date: string): Day {
  return epoch.until(date).days;
}

export function dateOf(day: Day): string {
  return epoch.add({ days: day }).toString();
}

/** The first day of the month so many months after January 1970; the number may be negative. */
export const monthsAfterEpoch = (months: number): Day => epoch.until(epoch.add({ months })).days;

/* SQL that PostgreSQL and DuckDB share. */

/** A column of dates as days. */
export const daySql = (column: string) => `${column} - DATE '1970-01-01'`;

/** The condition that a fact is of a day up to the cutoff. */
export const upToSql = (cutoff: Day) => `date <= DATE ${quoteLiteral(dateOf(cutoff))}`;

/** The condition that a fact is of another day. */
export const notWithinSql = (from: Day, to: Day) =>
  `date NOT BETWEEN DATE ${quoteLiteral(dateOf(from))} AND DATE ${quoteLiteral(dateOf(to))}`;

/** The first and the last day of a validity window as days. A window without an end, or at infinity, ends with the year 9999. */
export const firstDaySql = (column: string) => daySql(`greatest(${column}, DATE '0001-01-01')`);
export const lastDaySql = (column: string) => daySql(`least(${column}, DATE '9999-12-31')`);
