import { z } from "zod";
import { fail } from "../errors.ts";

/**
 * A civil date as the user wrote it.
 *
 * @param name what the date is, as the user knows it: `--from`
 * @throws DATE_INVALID when it is not a day of the calendar written YYYY-MM-DD
 */
export function requireDate(name: string, value: string): string {
  if (!z.iso.date().safeParse(value).success || value < "0001-01-01")
    throw fail("DATE_INVALID", { name, value });
  return value;
}
