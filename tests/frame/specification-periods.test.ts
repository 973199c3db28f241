import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkDefinition } from "../../src/frame/definition.ts";
import { parseSpec, resolveSpec, specHash } from "../../src/frame/specification/index.ts";
import { Workspace } from "../ingest/support/load.ts";
import { specs } from "./support/specs.ts";

/* Specs of weeks and months. */

const resolve = (yaml: string, horizon = 8) => resolveSpec(parseSpec(yaml, "s.yaml"), horizon);
const spread = ["mean", "min", "max", "std", "zero_rate"];
const mean = ["mean"];

describe("a spec of weeks or months", () => {
  test.for([
    ["week", 1, [1, 2, 4, 52]],
    ["week", 8, [8, 9, 11, 52]],
    ["week", 53, [53, 54, 56, 104]],
    ["month", 1, [1, 2, 3, 12]],
    ["month", 12, [12, 13, 14]],
    ["month", 13, [13, 14, 15, 24]],
  ] as const)("of freq %s with a horizon of %i has the lags %j", ([freq, horizon, lags]) => {
    const spec = resolve(`{ version: 1, freq: ${freq} }`, horizon);
    const [facts, windows] =
      freq === "week"
        ? [
            4,
            [
              [4, mean],
              [13, spread],
              [52, mean],
            ],
          ]
        : [
            3,
            [
              [3, mean],
              [12, spread],
            ],
          ];
    expect(spec).toMatchObject({
      ...{ freq, week_start: freq === "week" ? "monday" : null, lags, weekday_windows: [] },
      windows: (windows as [number, string[]][]).map(([periods, stats]) => ({
        ...{ periods, stats, lag: horizon, min_periods: periods },
      })),
      traffic: { lags: [horizon], windows: [{ periods: facts, stats: mean, lag: horizon, min_periods: 1 }] },
      weather: { lags: [horizon], windows: [] },
      drivers_named: false,
      paydays: freq === "week" ? [15, "last"] : [],
    });
  });

  test.for([
    ["week", [1, 2, 4, 8, 52]],
    ["month", [1, 2, 3, 12]],
  ] as const)("of freq %s in recursive mode has the lags %j", ([freq, lags]) => {
    const spec = resolve(`{ version: 1, freq: ${freq}, mode: recursive }`);
    expect(spec.lags).toEqual(lags);
    expect(spec.windows.every(({ lag }) => lag === 1)).toBe(true);
  });

  test("gives the lengths of windows in its own periods, or as periods", () => {
    const windows = (freq: string, window: string) =>
      resolve(`{ version: 1, freq: ${freq}, windows: [{ ${window}, stats: [mean] }] }`).windows;
    const expected = [{ periods: 13, stats: mean, lag: 8, min_periods: 4 }];
    expect(windows("week", "weeks: 13, min_weeks: 4")).toEqual(expected);
    expect(windows("week", "periods: 13, min_periods: 4")).toEqual(expected);
    expect(windows("month", "months: 13, min_months: 4")).toEqual(expected);
    expect(windows("day", "periods: 13, min_days: 4")).toEqual(expected);
  });

  test.for([
    ["freq: year", "freq must be one of day, week, month, not year"],
    ["freq: weeks", "did you mean week?"],
    ["freq: week\nweek_start: mon", "week_start must be one of monday, tuesday, "],
    ["week_start: monday", "week_start is for freq: week, and the frame is of freq: day"],
    ["freq: month\nweek_start: monday", "week_start is for freq: week, and the frame is of freq: month"],
    [
      "freq: week\nweekday_windows: [{ weeks: 4, stats: [mean] }]",
      "weekday_windows are for freq: day, and the frame is of freq: week",
    ],
    [
      "freq: month\nweekday_windows: [{ weeks: 4, stats: [mean] }]",
      "weekday_windows are for freq: day, and the frame is of freq: month",
    ],
    ["freq: month\npaydays: [15]", "paydays are for freq: day or week; every month has the same"],
    ["freq: week\nlags: [7]", "lags holds 7, but a lag is at least the horizon of 8 weeks"],
    [
      "freq: month\ninventory: { lags: [1] }",
      "inventory.lags holds 1, but a lag is at least the horizon of 8 months",
    ],
    [
      "freq: week\nwindows: [{ days: 28, stats: [mean] }]",
      "windows[0] has days, but the frame is of freq: week; write weeks or periods",
    ],
    [
      "windows: [{ weeks: 4, stats: [mean] }]",
      "windows[0] has weeks, but the frame is of freq: day; write days or periods",
    ],
    [
      "freq: week\nwindows: [{ weeks: 4, stats: [mean], min_days: 7 }]",
      "windows[0] has min_days, but the frame is of freq: week",
    ],
    ["freq: month\nwindows: [{ stats: [mean] }]", "windows[0].months is missing"],
    [
      "freq: week\nwindows: [{ weeks: 4, periods: 4, stats: [mean] }]",
      "windows[0] has both periods and weeks",
    ],
    [
      "freq: week\nwindows: [{ weeks: 4, stats: [mean], min_weeks: 5 }]",
      "windows[0].min_weeks is 5, more than its 4 weeks",
    ],
    [
      "freq: week\ntraffic: { windows: [{ months: 1, stats: [mean] }] }",
      "traffic.windows[0] has months, but the frame is of freq: week",
    ],
  ] as const)("is refused: %s", ([yaml, expected]) => {
    expect(() => resolve(`version: 1\n${yaml}`)).toThrow(
      expect.objectContaining({ code: "FRAME_SPEC_INVALID", message: expect.stringContaining(expected) }),
    );
  });

  test("may ask for nothing of what other periods have", () => {
    const spec = resolve("{ version: 1, freq: month, week_start: null, weekday_windows: [], paydays: [] }");
    expect(spec).toMatchObject({ freq: "month", week_start: null, weekday_windows: [], paydays: [] });
  });

  test("with its defaults filled in is itself a spec of the same frame, with the same hash", () => {
    const cases = fc
      .record({ freq: fc.constantFrom("day", "week", "month"), horizon: fc.integer({ min: 1, max: 60 }) })
      .chain(({ freq, horizon }) => fc.tuple(fc.constant(horizon), specs(horizon, freq)));
    fc.assert(
      fc.property(cases, ([horizon, given]) => {
        const spec = resolve(JSON.stringify(given), horizon);
        const again = resolve(JSON.stringify(spec), horizon);
        expect(again).toEqual(spec);
        expect(specHash(again)).toBe(specHash(spec));
      }),
      { numRuns: 60 },
    );
  });
});

describe("--freq and the spec", () => {
  const workspace = new Workspace();
  const weekly = workspace.write("weekly.yaml", "version: 1\nfreq: week\nweek_start: sunday");
  const silent = workspace.write("silent.yaml", "version: 1");
  const check = (given: object) =>
    checkDefinition("buildFrame", { cutoff: "2024-03-03", horizon: 2, ...given });

  test("make one frame: either says what a period is", async () => {
    for (const given of [{ spec: weekly }, { spec: weekly, freq: "week" }]) {
      expect((await check(given)).spec).toMatchObject({ freq: "week", week_start: "sunday" });
    }
    expect((await check({ spec: silent, freq: "month" })).spec.freq).toBe("month");
    expect((await check({ freq: "week" })).spec).toMatchObject({ freq: "week", week_start: "monday" });
    expect((await check({ spec: silent })).spec.freq).toBe("day");
  });

  test("must not contradict each other", async () => {
    await expect(check({ spec: weekly, freq: "month" })).rejects.toMatchObject({
      code: "FRAME_SPEC_INVALID",
      message: expect.stringContaining("it is of freq: week, and freq: month was asked for"),
    });
    await expect(check({ freq: "quarter" })).rejects.toMatchObject({
      message: expect.stringContaining("quarter"),
    });
    await expect(check({ freq: "week", horizon: 1001 })).rejects.toMatchObject({
      message: expect.stringContaining("The horizon is a number of weeks from 1 to 1000, not 1001"),
    });
  });
});
