import { expect, test } from "vitest";
import { holidaysOf, inCivilTime } from "../../src/calendar/holidays.ts";
import { civilDays, everyPlace, sourceOf } from "./support/civil-days.ts";

const places = everyPlace();
const years = Array.from({ length: 43 }, (_, index) => 1999 + index);

test("there are countries, subdivisions and regions", () => {
  expect(new Set(places.map((place) => place.length))).toEqual(new Set([1, 2, 3]));
});

test.each(places.map((place) => ({ name: place.join("-"), place })))(
  "the days of $name from 2000 to 2040 are those between the library's own start and end",
  ({ place }) => {
    const found = holidaysOf(sourceOf(place, inCivilTime), "2000-01-01", "2040-12-31");
    const expected = [...civilDays(place, years)].filter((day) => day >= "2000" && day < "2041");
    expect([...new Set(found.map(({ date }) => date))].sort()).toEqual(expected.sort());
  },
);
