import Holidays from "date-holidays";
import { Temporal } from "temporal-polyfill";

/* The days of public holidays from the library's own instants, read as civil times of its own time zone. */

/** The civil days that lie between the start and the end of a public holiday as a whole: YYYY-MM-DD. */
export function civilDays(place: readonly string[], years: readonly number[]): Set<string> {
  const source = sourceOf(place);
  const [zone = "UTC"] = source.getTimezones();
  const days = new Set<string>();
  for (const year of years) {
    for (const { type, date, start, end } of source.getHolidays(year) || []) {
      if (type !== "public") continue;
      // A holiday from sunset to sunset, at 18:00, is the day that follows.
      const shift = { hours: date.includes("-0600") ? 6 : 0 };
      const first = civil(start, zone).add(shift);
      const last = civil(end, zone).add(shift).toPlainDate();
      const begins = Temporal.PlainTime.compare(first.toPlainTime(), firstMoment(start, zone)) <= 0;
      let day = begins ? first.toPlainDate() : first.toPlainDate().add({ days: 1 });
      for (; Temporal.PlainDate.compare(day, last) < 0; day = day.add({ days: 1 })) days.add(day.toString());
    }
  }
  return days;
}

const civil = (instant: Date, zone: string) => inZone(instant, zone).toPlainDateTime();

/** Midnight, or the time after the gap where clocks skip it. */
const firstMoment = (instant: Date, zone: string) => inZone(instant, zone).startOfDay().toPlainTime();

const inZone = (instant: Date, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(zone);

/** The holidays of a country, subdivision or region. */
export const sourceOf = ([country = "", state, region]: readonly string[], options = {}): Holidays => {
  if (region !== undefined && state !== undefined) return new Holidays(country, state, region, options);
  return state === undefined ? new Holidays(country, options) : new Holidays(country, state, options);
};

/** Every country, subdivision and region that the library has, as its codes. */
export function everyPlace(): string[][] {
  const library = new Holidays();
  return Object.keys(library.getCountries("en")).flatMap((country) => [
    [country],
    ...Object.keys(library.getStates(country, "en") ?? {}).flatMap((state) => [
      [country, state],
      ...Object.keys(library.getRegions(country, state, "en") ?? {}).map((region) => [
        country,
        state,
        region,
      ]),
    ]),
  ]);
}
