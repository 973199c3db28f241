import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holidaysOf, inCivilTime, joinNames, publicHolidays } from "../../src/calendar/holidays.ts";
import { civilDays, sourceOf } from "./support/civil-days.ts";

describe("public holidays", () => {
  test("a day observed in place of one on a weekend is distinguished from that day", () => {
    expect(publicHolidays({ country: "US" }, "2021-07-01", "2021-07-31")).toEqual([
      { date: "2021-07-04", name: "Independence Day", observed: false },
      { date: "2021-07-05", name: "Independence Day (observed)", observed: true },
    ]);
  });

  test("New Year's Day observed on 31 December belongs to the range it is observed in", () => {
    expect(publicHolidays({ country: "US" }, "2021-12-31", "2021-12-31")).toEqual([
      { date: "2021-12-31", name: "New Year's Day (observed)", observed: true },
    ]);
  });

  test("a holiday of several days covers each civil day, and not the evening before", () => {
    const days = publicHolidays({ country: "TR" }, "2022-05-02", "2022-05-31").filter(
      ({ name }) => name === "Ramazan Bayramı",
    );
    expect(days.map(({ date }) => date)).toEqual(["2022-05-02", "2022-05-03", "2022-05-04"]);
  });

  test.each([
    [
      "clocks go forward on its last day but one",
      "BA",
      "2025-03-30",
      "2025-04-02",
      "2025-03-30 2025-03-31 2025-04-01",
    ],
    ["clocks go back in it", "AT", "2008-10-26", "2008-10-28", "2008-10-26"],
    ["its zone moved by half an hour on that day", "VE", "2016-05-01", "2016-05-02", "2016-05-01"],
    ["clocks go forward at its first midnight", "EG", "2025-04-25", "2025-04-26", "2025-04-25"],
  ])("a holiday covers the same civil days when %s", (_, country, from, to, days) => {
    const dates = publicHolidays({ country }, from, to).map(({ date }) => date);
    expect([...new Set(dates)].join(" ")).toBe(days);
  });

  test.each(["BA", "TR", "EG", "CL", "CU", "VE"])(
    "the days of %s from 2000 to 2040 are those between the library's own start and end",
    (country) => {
      const days = new Set(publicHolidays({ country }, "2000-01-01", "2040-12-31").map(({ date }) => date));
      const years = Array.from({ length: 43 }, (_, index) => 1999 + index);
      const expected = [...civilDays([country], years)].filter((day) => day >= "2000" && day < "2041");
      expect([...days].sort()).toEqual(expected.sort());
    },
  );

  test("a holiday from midnight to noon does not make the day a holiday, and its last afternoon is not one", () => {
    const source = sourceOf(["CH"], inCivilTime);
    source.setHoliday("07-20 PT12H", { name: "Morning", type: "public" });
    source.setHoliday("07-25 PT36H", { name: "Day and morning", type: "public" });
    expect(holidaysOf(source, "2024-07-15", "2024-07-31").map(({ date }) => date)).toEqual(["2024-07-25"]);
  });

  test("years for which the calendars of some countries have no data are refused", () => {
    for (const [from, to] of [
      ["1899-12-31", "1900-01-02"],
      ["2200-12-31", "2201-01-01"],
      ["0001-01-01", "9999-12-31"],
    ] as const) {
      expect(() => publicHolidays({ country: "CN" }, from, to)).toThrow(
        expect.objectContaining({ code: "HOLIDAY_YEARS_UNSUPPORTED" }),
      );
    }
    expect(publicHolidays({ country: "CN" }, "1900-01-01", "1900-01-01")).toHaveLength(1);
    expect(publicHolidays({ country: "CN" }, "2200-10-01", "2200-10-01")).toHaveLength(1);
  });

  test("a half holiday that begins at noon does not make the day a holiday", () => {
    expect(publicHolidays({ country: "CN" }, "2022-03-08", "2022-03-08")).toEqual([]);
  });

  test("a subdivision has its own holidays", () => {
    const names = (subdivision?: string) =>
      publicHolidays({ country: "GB", subdivision }, "2024-11-01", "2024-12-31").map(({ name }) => name);
    expect(names("SCT")).toContain("St Andrew’s Day");
    expect(names()).not.toContain("St Andrew’s Day");
  });

  test("codes may be in upper or lower case", () => {
    expect(publicHolidays({ country: "gb", subdivision: "sct" }, "2024-01-02", "2024-01-02")).toHaveLength(1);
  });

  test("UK is GB", () => {
    expect(publicHolidays({ country: "UK" }, "2024-12-25", "2024-12-25")).toHaveLength(1);
  });

  test("the machine's time zone does not move a holiday", () => {
    const zone = process.env.TZ;
    try {
      for (const moved of ["Pacific/Kiritimati", "America/Los_Angeles"]) {
        process.env.TZ = moved;
        expect(publicHolidays({ country: "JP" }, "2024-01-01", "2024-01-07").map(({ date }) => date)).toEqual(
          ["2024-01-01"],
        );
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  test("a machine whose clocks skip midnight finds the same holidays", () => {
    const zone = process.env.TZ;
    const places = {
      "Africa/Cairo": "EG",
      "America/Santiago": "CL",
      "America/Sao_Paulo": "BR",
      "America/Havana": "CU",
    };
    try {
      for (const [moved, country] of Object.entries(places)) {
        const [here, there] = ["UTC", moved].map((machine) => {
          process.env.TZ = machine;
          return publicHolidays({ country }, "2000-01-01", "2040-12-31");
        });
        expect(there).toEqual(here);
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  test("an unknown country or subdivision is an error that lists the known ones", () => {
    expect(() => publicHolidays({ country: "ZZ" }, "2024-01-01", "2024-01-02")).toThrow(
      expect.objectContaining({ code: "COUNTRY_UNKNOWN", action: expect.stringContaining("GB, ") }),
    );
    expect(() => publicHolidays({ country: "GB", subdivision: "XX" }, "2024-01-01", "2024-01-02")).toThrow(
      expect.objectContaining({ code: "SUBDIVISION_UNKNOWN", action: expect.stringContaining("SCT") }),
    );
  });
});

describe("the names of one day", () => {
  test("are joined by a slash", () => {
    expect(joinNames(["Labour Day", "Ascension Day"])).toBe("Labour Day / Ascension Day");
  });

  test("are shortened if they do not fit, the longest first, and none is lost", () => {
    const joined = joinNames([
      "Paso a la Inmortalidad del General D. Manuel Belgrano",
      "Paso a la Inmortalidad del General Don Martín Miguel de Güemes",
    ]);
    expect(joined).toHaveLength(100);
    expect(joined.split(" / ")).toHaveLength(2);
    expect(joined.match(/…/g)).toHaveLength(2);
  });

  test("always fit into the column, and none is lost", () => {
    const name = fc
      .string({ minLength: 1, maxLength: 120, unit: "grapheme" })
      .map((text) => text.replaceAll(/[/…]/g, "-"));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 12 }), (names) => {
        const parts = joinNames(names).split(" / ");
        expect(Array.from(joinNames(names)).length).toBeLessThanOrEqual(100);
        expect(parts).toHaveLength(names.length);
        for (const [index, part] of parts.entries()) {
          expect(
            part === names[index] || (part.endsWith("…") && names[index]?.startsWith(part.slice(0, -1))),
          ).toBe(true);
        }
      }),
    );
  });
});
