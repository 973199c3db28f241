import Holidays from "date-holidays";
import { Temporal } from "temporal-polyfill";
import { fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import { requireRange } from "../system/dates.ts";

/** A public holiday on one civil day. */
export interface Holiday {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly name: string;
  /** Whether the day is off in place of another day, because the holiday fell on a weekend. */
  readonly observed: boolean;
}

export interface Region {
  /** ISO 3166-1 alpha-2, such as GB. */
  readonly country: string;
  /** The part after the hyphen of ISO 3166-2, such as SCT. */
  readonly subdivision?: string | undefined;
}

/**
 * The public holidays of a region from `from` to `to` (YYYY-MM-DD, both included), in order of date. Grain: one entry per
 * day and holiday; a holiday of several days has an entry for each of them. Days are civil days of the region: clocks that
 * change during a holiday make none of them longer or shorter, and a holiday from sunset to sunset is the day that follows the
 * first sunset. Half holidays, which begin or end during a day, are left out, because shops are open on them. Needs no
 * database.
 *
 * @throws DATE_INVALID, DATE_RANGE_INVALID, HOLIDAY_YEARS_UNSUPPORTED, COUNTRY_UNKNOWN, SUBDIVISION_UNKNOWN
 *
 * @example
 * import { publicHolidays } from "forecastlab";
 *
 * for (const { date, name, observed } of publicHolidays({ country: "US" }, "2021-07-01", "2021-07-31")) {
 *   console.log(date, name, observed); // 2021-07-04 Independence Day false, then 2021-07-05 … (observed) true
 * }
 */
export function publicHolidays(region: Region, from: string, to: string): Holiday[] {
  kinds.requireArguments(
    "publicHolidays",
    { region, from, to },
    { region: kinds.object, from: kinds.day, to: kinds.day },
  );
  kinds.requireArguments("publicHolidays", region, { country: kinds.text, "subdivision?": kinds.text });
  requireRange({ from, to });
  if (yearOf(from) < firstYear || yearOf(to) > lastYear)
    throw fail("HOLIDAY_YEARS_UNSUPPORTED", { from, to });
  return holidaysOf(holidaySource(region), from, to);
}

/** Beyond them, the calendars of several countries have no data, or are searched without end. */
const [firstYear, lastYear] = [1900, 2200];

/** @param source the holidays of a region, with times in UTC */
export function holidaysOf(source: Holidays, from: string, to: string): Holiday[] {
  const found: Holiday[] = [];
  // A holiday of several days may begin in the year before the range, and one of the year after may be observed early.
  for (let year = yearOf(from) - 1; year <= yearOf(to) + 1; year += 1) {
    for (const entry of source.getHolidays(year) || []) {
      if (entry.type !== "public") continue;
      const observed = "substitute" in entry && entry.substitute === true;
      const name = observed ? observedName(entry.name) : entry.name;
      for (const date of wholeDays(entry.date, entry.end)) {
        if (date >= from && date <= to) found.push({ date, name, observed });
      }
    }
  }
  const order = (a: Holiday) => `${a.date} ${a.observed ? 1 : 0} ${a.name}`;
  const unique = new Map(found.map((holiday) => [`${holiday.date} ${holiday.name}`, holiday]));
  return [...unique.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

const columnLength = 100;
const separator = " / ";

/**
 * All names of a day in one text of at most 100 characters, the length of `calendar.holiday_name`. If they do not fit, the
 * longest are shortened with "…", so that no name is lost.
 */
export function joinNames(names: readonly string[]): string {
  const shortened = names.map((name) => Array.from(name));
  const total = () =>
    shortened.reduce((sum, name) => sum + length(name), separator.length * (names.length - 1));
  while (total() > columnLength) {
    const longest = shortened.reduce((a, b) => (length(b) > length(a) ? b : a));
    const mark = longest.at(-1) === "…" ? 2 : 1;
    longest.splice(-mark, mark, "…");
    if (length(longest) <= 1) break;
  }
  return shortened.map((name) => name.join("")).join(separator);
}

/** PostgreSQL counts characters (code points), as an array of them does. */
const length = (characters: readonly string[]) => characters.length;

function holidaySource({ country, subdivision }: Region): Holidays {
  const countries = new Holidays().getCountries("en");
  const code = aliases[country.toUpperCase()] ?? country.toUpperCase();
  if (!(code in countries)) {
    throw fail("COUNTRY_UNKNOWN", { country, valid: Object.keys(countries).join(", ") });
  }
  if (subdivision === undefined) return new Holidays(code, inCivilTime);
  const subdivisions = new Holidays().getStates(code, "en") ?? {};
  const part = Object.keys(subdivisions).find((known) => known.toUpperCase() === subdivision.toUpperCase());
  if (part === undefined) {
    const valid = Object.keys(subdivisions).join(", ") || "none";
    throw fail("SUBDIVISION_UNKNOWN", { subdivision, country: code, valid });
  }
  return new Holidays(code, part, inCivilTime);
}

/**
 * A rule of the library gives civil times, which it places in a time zone. In UTC every day has 24 hours; in the region's own
 * zone a day on which clocks go forward has 23, and the midnight at which they do so does not exist.
 */
export const inCivilTime = { timezone: "UTC" };

/** Codes that people and the European Union use instead of ISO's. */
const aliases: Record<string, string> = { UK: "GB", EL: "GR" };

/** "Boxing Day (substitute day)", in any language, becomes "Boxing Day (observed)". */
function observedName(name: string): string {
  return `${name.replace(/\s*[(（][^()（）]*[)）]$/, "")} (observed)`;
}

/**
 * The civil days that a holiday covers as a whole; none if it begins during a day.
 *
 * @param date the library's civil day and time, such as `2025-03-30 00:00:00 -0600`; with `-0600` the holiday begins and ends
 * six hours earlier, at sunset
 * @param end when it ends, as if in UTC
 */
function wholeDays(date: string, end: Date): string[] {
  const hour = Number(date.slice(11, 13));
  // No rule begins at 1 or 2 o'clock: where the machine's own clocks skip midnight, the library has the time after the gap.
  if (hour > 2 || date.slice(14, 16) !== "00") return [];
  const first = Temporal.PlainDate.from(date.slice(0, 10));
  const begin = Date.parse(`${first}T00:00:00Z`);
  const sunset = date.endsWith(" -0600") ? sunsetBefore_ms : 0;
  const days = Math.floor((end.getTime() + sunset - begin) / day_ms);
  return Array.from({ length: days }, (_, count) => first.add({ days: count }).toString());
}

const day_ms = 86_400_000;
const sunsetBefore_ms = 21_600_000;

const yearOf = (date: string) => Number(date.slice(0, 4));
