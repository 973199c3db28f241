import { Temporal } from "temporal-polyfill";
import { z } from "zod";
import { fail } from "../errors.ts";

/**
 * Makes sure that a range of days, as the user wrote it, is valid. Both ends are included; an end that is left out is open.
 *
 * @throws DATE_INVALID when an end is not a day of the calendar written YYYY-MM-DD; DATE_RANGE_INVALID when the last day is
 * before the first
 */
export function requireRange({ from, to }: { from?: string | undefined; to?: string | undefined }): void {
  if (from !== undefined) requireDate("The first day", from);
  if (to !== undefined) requireDate("The last day", to);
  if (from !== undefined && to !== undefined && to < from) throw fail("DATE_RANGE_INVALID", { from, to });
}

/**
 * @param name how the message names the value
 * @throws DATE_INVALID when the value is not a day of the calendar written YYYY-MM-DD
 */
export function requireDate(name: string, value: string): void {
  if (!isDay(value)) throw fail("DATE_INVALID", { name, value });
}

/**
 * Parses the time until which facts are known, as the user wrote it: a time with its zone, or a day, which means its end in
 * UTC.
 *
 * @returns the time in UTC, in microseconds as the warehouse stores it; facts recorded at this time or before are known
 * @throws TIME_INVALID
 */
export function parseKnownAt(text: string): string {
  if (isDay(text)) return `${text}T23:59:59.999999Z`;
  if (!z.iso.datetime({ offset: true }).safeParse(text).success) {
    throw fail("TIME_INVALID", { name: "The knowledge time", value: text });
  }
  return Temporal.Instant.from(text).round({ smallestUnit: "microsecond", roundingMode: "trunc" }).toString();
}

const isDay = (value: string) => z.iso.date().safeParse(value).success && value >= "0001-01-01";
