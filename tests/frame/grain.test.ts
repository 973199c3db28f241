import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { afterAll, describe, expect, test } from "vitest";
import { dateOf, dayOf } from "../../src/frame/days.ts";
import { type Freq, type Grain, grainOf, lastComplete, weekdays } from "../../src/frame/grain.ts";
import { foldCutoffs } from "../../src/frame/index.ts";

const grains: [name: string, grain: Grain][] = [
  ["days", grainOf("day")],
  ...weekdays.map((start): [string, Grain] => [`weeks from ${start}`, grainOf("week", start)]),
  ["months", grainOf("month")],
];

const [least, most] = [dayOf("0001-01-01"), dayOf("9999-12-31")];
/** Any day, more often near the ends, 1970, leap days and ends of years. */
const someDays = fc.oneof(
  fc.integer({ min: least, max: most }),
  fc.integer({ min: -800, max: 800 }),
  fc.integer({ min: least, max: least + 40 }),
  fc.integer({ min: most - 40, max: most }),
  fc
    .record({ year: fc.integer({ min: 1, max: 9998 }), days: fc.integer({ min: -3, max: 62 }) })
    .map(({ year, days }) => dayOf(Temporal.PlainDate.from({ year, month: 12, day: 31 }).toString()) + days)
    .filter((day) => day <= most),
);

describe.for(grains)("%s", ([name, grain]) => {
  test("hold every day exactly once, and follow each other", () => {
    fc.assert(
      fc.property(someDays, (day) => {
        const period = grain.periodOf(day);
        const [first, last] = [grain.firstDay(period), grain.lastDay(period)];
        expect(first <= day && day <= last).toBe(true);
        expect([first, last].map(grain.periodOf)).toEqual([period, period]);
        expect(grain.firstDay(period + 1)).toBe(last + 1);
        expect(grain.lastDay(period - 1)).toBe(first - 1);
        expect(Number.isSafeInteger(period)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("begin as the calendar says", () => {
    fc.assert(
      fc.property(someDays, (day) => {
        const first = Temporal.PlainDate.from("1970-01-01").add({
          days: grain.firstDay(grain.periodOf(day)),
        });
        const date = Temporal.PlainDate.from("1970-01-01").add({ days: day });
        const length = grain.lastDay(grain.periodOf(day)) - grain.firstDay(grain.periodOf(day)) + 1;
        if (grain.freq === "week") {
          expect([weekdays[first.dayOfWeek - 1], length]).toEqual([name.split(" ").at(-1), 7]);
        } else if (grain.freq === "month") {
          expect([first.toString(), length]).toEqual([date.with({ day: 1 }).toString(), date.daysInMonth]);
        } else {
          expect([first.toString(), length]).toEqual([date.toString(), 1]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("are complete on their last day only", () => {
    fc.assert(
      fc.property(someDays, (day) => {
        const period = lastComplete(grain, day);
        expect(grain.lastDay(period)).toBeLessThanOrEqual(day);
        expect(grain.lastDay(period + 1)).toBeGreaterThan(day);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the SQL of periods", async () => {
  const instance = await DuckDBInstance.create(":memory:");
  const duckdb: DuckDBConnection = await instance.connect();
  afterAll(() => {
    duckdb.closeSync();
    instance.closeSync();
  });

  test.for(grains)(
    "of %s divides all days from the year 1 to 9999 without gaps, also before 1970",
    async ([, grain]) => {
      const { periodOf, firstDay } = grain.sql;
      // Every period in SQL: it has the days from its first one to the day before the next one. Of some, TypeScript says the same.
      const reader = await duckdb.runAndReadAll(
        `
      WITH days AS (
        SELECT day, ${periodOf("day")} AS period FROM (SELECT range::INTEGER AS day FROM range(${least}, ${most + 1}))
      ), periods AS (
        SELECT period, min(day) AS first, max(day) AS last, ${firstDay("period")} AS says, typeof(any_value(period)) AS type
        FROM days
        GROUP BY period
      )
      SELECT
        count(*) FILTER (first <> says AND first <> ${least}) AS wrong,
        count(*) FILTER (last + 1 <> next) AS gaps,
        max(period) - min(period) + 1 - count(*) AS missing,
        min(type) || max(type) AS types
      FROM (SELECT *, lead(first) OVER (ORDER BY period) AS next FROM periods)
    `,
      );
      expect(reader.getRowObjectsJson()[0]).toEqual({
        wrong: "0",
        gaps: "0",
        missing: "0",
        types: "INTEGERINTEGER",
      });
    },
  );

  test("is what TypeScript says of the same day", async () => {
    const days = fc.sample(someDays, 400);
    for (const [, grain] of grains) {
      const reader = await duckdb.runAndReadAll(`
        SELECT ${grain.sql.periodOf("day")} AS period, ${grain.sql.firstDay(grain.sql.periodOf("day"))} AS first
        FROM unnest([${days.join(", ")}]) AS days (day)`);
      const periods = days.map(grain.periodOf);
      expect(reader.getColumnsJS().map((cells) => cells.map(Number))).toEqual([
        periods,
        periods.map(grain.firstDay),
      ]);
    }
  });
});

describe("cutoffs of folds", () => {
  test.for([
    ["day", undefined, "2024-03-01", 1, ["2024-02-28", "2024-02-29", "2024-03-01"]],
    ["day", undefined, "2024-03-01", 28, ["2024-01-05", "2024-02-02", "2024-03-01"]],
    ["week", undefined, "2024-03-03", 1, ["2024-02-18", "2024-02-25", "2024-03-03"]],
    // Within a week, and within a month: those before it are ends of periods, counted from the last complete one.
    ["week", undefined, "2024-03-06", 2, ["2024-02-04", "2024-02-18", "2024-03-06"]],
    ["week", "sunday", "2024-03-02", 1, ["2024-02-17", "2024-02-24", "2024-03-02"]],
    ["month", undefined, "2024-04-30", 1, ["2024-02-29", "2024-03-31", "2024-04-30"]],
    ["month", undefined, "2024-04-15", 6, ["2023-03-31", "2023-09-30", "2024-04-15"]],
  ] as const)("of freq %s from %s before %s, %i apart", ([freq, weekStart, cutoff, step, expected]) => {
    expect(foldCutoffs({ cutoff, folds: 3, step, freq, weekStart })).toEqual(expected);
  });

  test("have their last known days exactly one step apart, whatever the cutoff", () => {
    const request = fc.record({
      day: fc.integer({ min: dayOf("1990-01-01"), max: dayOf("2090-12-31") }),
      folds: fc.integer({ min: 1, max: 12 }),
      step: fc.integer({ min: 1, max: 60 }),
      freq: fc.constantFrom<Freq[]>("day", "week", "month"),
      weekStart: fc.constantFrom(...weekdays),
    });
    fc.assert(
      fc.property(request, ({ day, ...rest }) => {
        const cutoffs = foldCutoffs({ cutoff: dateOf(day), ...rest });
        const grain = grainOf(rest.freq, rest.weekStart);
        const known = cutoffs.map((cutoff) => lastComplete(grain, dayOf(cutoff)));
        expect(cutoffs).toHaveLength(rest.folds);
        expect(cutoffs.at(-1)).toBe(dateOf(day));
        for (const [index, period] of known.slice(1).entries()) {
          expect(period - (known[index] ?? 0)).toBe(rest.step);
        }
      }),
    );
  });

  const usual = { cutoff: "2024-03-01", folds: 2, step: 7 };
  test.for([
    [{ folds: 0 }, "USAGE", "from 1 to 1000, not 0"],
    [{ folds: 1001 }, "USAGE", "from 1 to 1000, not 1001"],
    [{ folds: 1.5 }, "ARGUMENT_INVALID", "a whole number from 0 for folds"],
    [{ step: 0 }, "USAGE", "from 1 to 10000, not 0"],
    [{ step: 10_001, freq: "week" }, "USAGE", "a number of weeks from 1"],
    [{ cutoff: "2024-02-30" }, "DATE_INVALID", "2024-02-30"],
    [{ freq: "quarter" }, "ARGUMENT_INVALID", "one of day, week, month for freq"],
    [{ freq: "week", weekStart: "mon" }, "ARGUMENT_INVALID", "for weekStart"],
    [{ cutoff: "0001-01-05", folds: 3 }, "USAGE", "before the year 1"],
  ] as const)("%j is refused", ([change, code, part]) => {
    const request = { ...usual, ...change } as Parameters<typeof foldCutoffs>[0];
    expect(() => foldCutoffs(request)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(part) }),
    );
  });
});
