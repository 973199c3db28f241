import { z } from "zod";
import { fail } from "../errors.ts";

/**
 * Refuses a range of days, as the user wrote it, that is none. Both ends are inclusive; one that is left out is open.
 *
 * @throws DATE_INVALID when an end is not a day of the calendar written YYYY-MM-DD, DATE_RANGE_INVALID
 */
export function requireRange({ from, to }: { from?: string | undefined; to?: string | undefined }): void {
  if (from !== undefined) requireDate("--from", from);
  if (to !== undefined) requireDate("--to", to);
  if (from !== undefined && to !== undefined && to < from) throw fail("DATE_RANGE_INVALID", { from, to });
}

function requireDate(name: string, value: string): void {
  if (!z.iso.date().safeParse(value).success || value < "0001-01-01")
    throw fail("DATE_INVALID", { name, value });
}
