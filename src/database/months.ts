import type { TableName } from "../schema/tables.ts";

/** A calendar month, the grain of partitions of a fact: `2024-02`. */
export type Month = string;

/**
 * The first day of a month and the first day of the next one: the bounds of its partition.
 *
 * @example boundsOf("2024-12") // { from: "2024-12-01", to: "2025-01-01" }
 */
export function boundsOf(month: Month): { from: string; to: string } {
  const [year = 0, number = 0] = month.split("-").map(Number);
  const [nextYear, nextNumber] = number === 12 ? [year + 1, 1] : [year, number + 1];
  const to = `${String(nextYear).padStart(4, "0")}-${String(nextNumber).padStart(2, "0")}-01`;
  return { from: `${month}-01`, to };
}

/**
 * A number that orders days as PostgreSQL writes them. As texts they are not in order: `10000-01-01`, the end of the last month
 * that files can name, sorts before `9999-12-01`, and years before Christ count backwards.
 */
export function dayNumber(day: string): number {
  const [, year = "", month = "", date = "", era] = /^(\d+)-(\d\d)-(\d\d)( BC)?$/.exec(day) ?? [];
  const years = era === undefined ? Number(year) : 1 - Number(year);
  return (years * 12 + Number(month)) * 31 + Number(date);
}

/** All months from one to another, both included. */
export function monthsBetween(first: Month, last: Month): Month[] {
  const months = [first];
  for (let month = first; month < last; months.push(month)) month = boundsOf(month).to.slice(0, 7);
  return months;
}

/**
 * The name of a new partition for a month: `sales_daily_2024_02`. Existing partitions are found by their bounds, never by
 * name.
 */
export function partitionName(table: TableName, month: Month): string {
  return `${table}_${month.replace("-", "_")}`;
}

/**
 * The name of the stand-alone table in which a load builds a month before attaching it: `sales_daily_2024_02_load_17`.
 * {@link loadTablePattern} recognizes it, so that what a killed load left behind can be dropped.
 */
export function loadTableName(table: TableName, month: Month, loadId: number): string {
  return `${partitionName(table, month)}_load_${loadId}`;
}

/** A regular expression of PostgreSQL over {@link loadTableName}: table, year, month. */
export const loadTablePattern = "^(.+)_([0-9]{4})_([0-9]{2})_load_[0-9]+$";
