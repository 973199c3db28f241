import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { ForecastLabError } from "../../src/errors.ts";
import {
  defaultedOptions,
  driverNames,
  type FrameSpec,
  parseSpec,
  resolveSpec,
  specHash,
  statNames,
} from "../../src/frame/specification/index.ts";
import { parseKnownAt } from "../../src/system/dates.ts";

const resolve = (yaml: string, horizon = 28) => resolveSpec(parseSpec(yaml, "s.yaml"), horizon);

/** The code and message of the ForecastLabError that is thrown. */
function failing(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ForecastLabError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return expect.fail("nothing was thrown");
}

const mean = ["mean"];
const broad = ["mean", "min", "max", "std", "zero_rate"];

describe("without a spec", () => {
  test.for([
    [1, [1, 7, 14, 28, 364], 7],
    [7, [7, 14, 28, 364], 7],
    [28, [28, 35, 49, 364], 28],
    [365, [365, 371, 378, 392, 728], 371],
  ] as const)("a horizon of %i days has lags %j", ([horizon, lags, week]) => {
    const history = {
      lags: [horizon],
      windows: [{ periods: 28, stats: mean, lag: horizon, min_periods: 1 }],
    };
    expect(resolveSpec(undefined, horizon)).toEqual({
      version: 1,
      freq: "day",
      week_start: null,
      series: { store: {}, product: {}, separator: "/" },
      target: "quantity",
      fill: "zero",
      closed_days: "zero",
      ended: { after_days: null, policy: "keep" },
      mode: "direct",
      lags,
      windows: [
        { periods: 7, stats: mean, lag: horizon, min_periods: 7 },
        { periods: 28, stats: broad, lag: horizon, min_periods: 28 },
        { periods: 91, stats: mean, lag: horizon, min_periods: 91 },
      ],
      weekday_windows: [{ weeks: 4, stats: mean, lag: week, min_weeks: 4 }],
      drivers: driverNames.filter((name) => name !== "observed_price"),
      drivers_named: false,
      historic_min_lag: "horizon",
      inventory: history,
      traffic: history,
      weather: { lags: [horizon], windows: [] },
      price_gaps: "null",
      paydays: [15, "last"],
      exclude: [],
      observed_price: { lags: [], windows: [] },
      defaulted: [...defaultedOptions],
    });
  });

  test("recursive mode starts with a lag of 1 day, whatever the horizon; the historic drivers do not", () => {
    const spec = resolve("{ version: 1, mode: recursive }");
    expect(spec.lags).toEqual([1, 7, 14, 28, 364]);
    expect(spec.windows.map(({ periods, lag }) => [periods, lag])).toEqual([
      [7, 1],
      [28, 1],
      [91, 1],
    ]);
    expect(spec.weekday_windows).toEqual([{ weeks: 4, stats: mean, lag: 7, min_weeks: 4 }]);
    expect(spec.inventory.lags).toEqual([28]);
  });

  test("historic_min_lag: 1 uses 1 instead of the horizon, in direct mode too", () => {
    const spec = resolve("{ version: 1, historic_min_lag: 1 }");
    expect(spec.traffic).toEqual({
      lags: [1],
      windows: [{ periods: 28, stats: mean, lag: 1, min_periods: 1 }],
    });
    expect(spec.weather.lags).toEqual([1]);
    expect(spec.lags[0]).toBe(28);
  });
});

describe("a spec", () => {
  test("says in YAML or JSON what differs from the default frame", () => {
    const spec = resolve(`
      version: 1
      series: { store: { region: [South, North], code: 0012 }, product: { category: Dairy }, separator: "|" }
      target: total_amount
      fill: null
      ended: { after_days: 56, policy: trim }
      lags: [35, 28]
      windows: [{ days: 28, stats: [std, mean], min_days: 14 }]
      weekday_windows: [{ weeks: 8, stats: [sum] }]
      drivers: [calendar, inventory]
      inventory: { lags: [28, 29] }
      paydays: [31, 1]
    `);
    expect(spec).toEqual({
      ...resolveSpec(undefined, 28),
      // A code is the text as it was written, not the number twelve.
      series: {
        store: { code: ["0012"], region: ["North", "South"] },
        product: { category: ["Dairy"] },
        separator: "|",
      },
      target: "total_amount",
      fill: "null",
      ended: { after_days: 56, policy: "trim" },
      lags: [28, 35],
      windows: [{ periods: 28, stats: ["mean", "std"], lag: 28, min_periods: 14 }],
      weekday_windows: [{ weeks: 8, stats: ["sum"], lag: 28, min_weeks: 8 }],
      drivers: ["calendar", "inventory"],
      drivers_named: true,
      inventory: { lags: [28, 29], windows: [{ periods: 28, stats: mean, lag: 28, min_periods: 1 }] },
      traffic: { lags: [], windows: [] },
      weather: { lags: [], windows: [] },
      paydays: [1, "last"],
      defaulted: defaultedOptions.filter(
        (option) => !["lags", "windows", "weekday_windows", "inventory.lags"].includes(option),
      ),
    });
  });

  test("may have empty lists, and windows over the same days are merged", () => {
    const none = resolve(
      "{ version: 1, lags: [], windows: [], weekday_windows: [], drivers: [], paydays: [] }",
    );
    expect(none).toMatchObject({ lags: [], windows: [], weekday_windows: [], drivers: [], paydays: [] });
    const { windows } = resolve(`
      version: 1
      windows: [{ days: 28, stats: [max] }, { days: 7, stats: [sum] }, { days: 28, stats: [mean, max], lag: 28 }]
    `);
    expect(windows).toEqual([
      { periods: 7, stats: ["sum"], lag: 28, min_periods: 7 },
      { periods: 28, stats: ["mean", "max"], lag: 28, min_periods: 28 },
    ]);
  });

  test("is valid as docs/frames.md shows it", () => {
    const page = readFileSync(new URL("../../docs/frames.md", import.meta.url), "utf8");
    const yaml = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? "";
    expect(resolve(yaml)).toMatchObject({
      ended: { after_days: 56, policy: "trim" },
      exclude: ["holiday_name"],
    });
  });
});

describe("a mistake in a spec is reported with its place", () => {
  test.for([
    ["", "it must at least say version: 1"],
    ["- 1", "it must at least say version: 1"],
    ["target: quantity", "version is missing"],
    ["version: 2", "version must be 1, not 2"],
    ["version: '1'", 'version must be 1, not "1"'],
    [
      "{ version: 1, series: &series { store: *series } }",
      "series.store.store is not known; did you mean store_type?",
    ],
    ["{ version: 1, lag: [28] }", "lag is not known; did you mean lags?"],
    [
      "{ version: 1, colour: red }",
      "colour is not known; known are version, freq, week_start, series, target, ",
    ],
    ["{ version: 1, target: units }", "target must be one of quantity, total_amount, not units"],
    ["{ version: 1, fill: nul }", "fill must be one of zero, null, not nul; did you mean null?"],
    ["{ version: 1, fill: 0 }", "fill must be one of zero, null, not 0"],
    ["{ version: 1, closed_days: [zero] }", 'closed_days must be one of zero, mask, drop, not ["zero"]'],
    ["{ version: 1, series: all }", 'series must be a map of store, product and separator, not "all"'],
    ["{ version: 1, series: { store: S1 } }", 'series.store must be a map of attributes, not "S1"'],
    [
      "{ version: 1, series: { store: { regoin: a } } }",
      "series.store.regoin is not known; did you mean region?",
    ],
    ["{ version: 1, series: { store: { code: [] } } }", "series.store.code must name at least one value"],
    [
      "{ version: 1, series: { product: { sku: ~ } } }",
      "series.product.sku must be a value or a list of values",
    ],
    ["{ version: 1, series: { separator: '' } }", "series.separator must be 1 to 10 characters, such as /"],
    ["{ version: 1, ended: { policy: trim } }", "ended.after_days is missing, which the policy trim needs"],
    [
      "{ version: 1, ended: { after_days: -1 } }",
      "ended.after_days must be a whole number from 0 to 10,000, not -1",
    ],
    [
      "{ version: 1, weekday_windows: [{ weeks: 521, stats: [mean] }] }",
      "weekday_windows[0].weeks must be a whole number from 1 to 520, not 521",
    ],
    ["{ version: 1, lags: 28 }", "lags must be a list of numbers of days, not 28"],
    ["{ version: 1, lags: [28, 1.5] }", "lags[1] must be a whole number from 1 to 10,000, not 1.5"],
    ["{ version: 1, lags: [0] }", "lags[0] must be a whole number from 1 to 10,000, not 0"],
    [
      "{ version: 1, lags: [35, 7] }",
      "lags holds 7, but a lag is at least the horizon of 28 days; mode: recursive allows smaller ones",
    ],
    ["{ version: 1, windows: { days: 7 } }", 'windows must be a list of windows, not {"days":7}'],
    ["{ version: 1, windows: [7] }", "windows[0] must be a map with days and stats, not 7"],
    ["{ version: 1, windows: [{ stats: [mean] }] }", "windows[0].days is missing"],
    [
      "{ version: 1, windows: [{ dayz: 7, stats: [mean] }] }",
      "windows[0].dayz is not known; did you mean days?",
    ],
    ["{ version: 1, windows: [{ days: 7 }] }", "windows[0].stats is missing"],
    ["{ version: 1, windows: [{ days: 7, stats: [] }] }", "windows[0].stats must name at least one"],
    [
      "{ version: 1, windows: [{ days: 7, stats: [maen] }] }",
      "windows[0].stats[0] must be one of mean, sum, min, max, std, zero_rate, not maen; did you mean mean?",
    ],
    [
      "{ version: 1, windows: [{ days: 7, stats: [mean], lag: 1 }] }",
      "windows[0].lag is 1, but a lag is at least the horizon of 28 days",
    ],
    [
      "{ version: 1, windows: [{ days: 7, stats: [mean], min_days: 8 }] }",
      "windows[0].min_days is 8, more than its 7 days",
    ],
    [
      "{ version: 1, windows: [{ days: 7, stats: [mean], min_days: 1 }, { days: 7, stats: [max, mean] }] }",
      "windows give the mean of 7 days with lag 28 twice, with different min_days",
    ],
    [
      "{ version: 1, weekday_windows: [{ weeks: 4, stats: [mean], lag: 30 }] }",
      "weekday_windows[0].lag must be a multiple of 7 from 7 to 10,000, not 30",
    ],
    [
      "{ version: 1, weekday_windows: [{ weeks: 4, stats: [mean], min_weeks: 5 }] }",
      "weekday_windows[0].min_weeks is 5, more than its 4 weeks",
    ],
    ["{ version: 1, drivers: price }", 'drivers must be a list of drivers, not "price"'],
    [
      "{ version: 1, drivers: [prices] }",
      "drivers[0] must be one of store, product, calendar, price, promotion, inventory, traffic, weather, observed_price, not prices; did you mean price?",
    ],
    ["{ version: 1, historic_min_lag: 2 }", "historic_min_lag must be horizon or 1, not 2"],
    [
      "{ version: 1, inventory: { lags: [7] } }",
      "inventory.lags holds 7, but a lag is at least the horizon of 28 days; historic_min_lag: 1 allows smaller ones",
    ],
    [
      "{ version: 1, weather: { windows: [{ days: 7, stats: [zero_rate] }] } }",
      "weather.windows[0].stats holds zero_rate, which is for the target only",
    ],
    [
      "{ version: 1, drivers: [price], traffic: { lags: [28] } }",
      "traffic is for the driver traffic, which drivers does not name",
    ],
    [
      "{ version: 1, drivers: [store], price_gaps: forward_fill }",
      "price_gaps is for the driver price, which drivers does not name",
    ],
    ["{ version: 1, paydays: [32] }", "paydays[0] must be a day of the month from 1 to 31, or last, not 32"],
    ["{ version: 1, exclude: [y] }", "exclude holds y, which every frame has"],
  ] as const)("%s: %s", ([yaml, expected]) => {
    expect(failing(() => resolve(yaml))).toContain(
      `FRAME_SPEC_INVALID: The spec s.yaml is not valid: ${expected}`,
    );
  });

  test.for(["version: 1\n  lags: [", "version: 1\nversion: 1", "lags: *none"])("%j is not YAML", (text) => {
    expect(failing(() => resolve(text))).toMatch(/not valid: it is not YAML: .*[^.]\.$/);
  });
});

/* Any valid spec for a horizon, as plain data. */
const whole = (min: number, max: number) => fc.integer({ min, max });
const stats = fc.subarray(statNames.slice(0, 5), { minLength: 1 });
const windowFrom = (least: number) =>
  fc.record({ days: whole(1, 91), stats, lag: whole(least, 400) }, { requiredKeys: ["days", "stats"] });
const specFor = (horizon: number) =>
  fc.record(
    {
      version: fc.constant(1),
      series: fc.record({
        store: fc.record(
          { code: fc.array(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }) },
          { requiredKeys: [] },
        ),
      }),
      target: fc.constantFrom("quantity", "total_amount"),
      fill: fc.constantFrom("zero", "null", null),
      mode: fc.constant("direct"),
      lags: fc.array(whole(horizon, 800), { maxLength: 4 }),
      windows: fc.array(windowFrom(horizon), { maxLength: 4 }),
      historic_min_lag: fc.constantFrom("horizon", 1),
      drivers: fc.subarray([...driverNames]),
      price_gaps: fc.constantFrom("null", null),
      paydays: fc.constantFrom([], undefined),
      exclude: fc.array(fc.constantFrom("holiday_name", "base_cost")),
    },
    { requiredKeys: ["version"] },
  );
const horizons = whole(1, 400);
const cases = horizons.chain((horizon) => fc.tuple(fc.constant(horizon), specFor(horizon)));

/** The same data with all keys in reverse order. */
const reversed = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(reversed)
    : value !== null && typeof value === "object"
      ? Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, inner]) => [key, reversed(inner)]),
        )
      : value;

describe("a spec with its defaults filled in", () => {
  test("is itself a spec of the same frame, in YAML and in JSON, with the same hash", () => {
    fc.assert(
      fc.property(cases, ([horizon, given]) => {
        const spec = resolve(JSON.stringify(given), horizon);
        for (const text of [JSON.stringify(spec), JSON.stringify(spec, null, "\t"), stringify(spec)]) {
          expect(resolve(text, horizon)).toEqual(spec);
        }
        expect(resolve(stringify(given), horizon)).toEqual(spec);
        expect(specHash(resolve(JSON.stringify(reversed(spec)), horizon))).toBe(specHash(spec));
      }),
      { numRuns: 25 },
    );
  });

  test("has the same hash as any other spec that means the same", () => {
    const hash = (yaml: string) => specHash(resolve(yaml));
    const usual = specHash(resolveSpec(undefined, 28));
    expect(usual).toMatch(/^[0-9a-f]{64}$/);
    expect(hash("version: 1")).toBe(usual);
    expect(hash("{ version: 1, fill: zero, paydays: [31, 15] }")).toBe(usual);
    expect(hash("{ lags: [364, 28, 28, 49, 35], version: 1 }")).toBe(
      hash("{ version: 1, lags: [28, 35, 49, 364] }"),
    );
    // Lags that are named are in the frame even if the history is too short for them.
    expect(hash("{ version: 1, lags: [28, 35, 49, 364] }")).not.toBe(usual);
    expect(specHash(reversed(resolveSpec(undefined, 28)) as FrameSpec)).toBe(usual);
    expect(hash("{ version: 1, fill: null }")).not.toBe(usual);
    // Drivers that are named are in the frame even if they have no facts.
    expect(hash(`{ version: 1, drivers: [${driverNames.join(", ")}] }`)).not.toBe(usual);
  });
});

describe("a knowledge time", () => {
  test.for([
    ["2024-05-15", "2024-05-15T23:59:59.999999Z"],
    ["2024-05-15T06:00:00Z", "2024-05-15T06:00:00Z"],
    ["2024-05-15T06:00:00.1234567+02:00", "2024-05-15T04:00:00.123456Z"],
    ["2024-02-29T23:30:00-01:00", "2024-03-01T00:30:00Z"],
  ] as const)("%s is %s", ([text, moment]) => expect(parseKnownAt(text)).toBe(moment));

  test.for(["", "yesterday", "2023-02-29", "2024-05-15T06:00:00", "2024-05-15 06:00:00Z", "15.05.2024"])(
    "%j is neither a day nor a point in time",
    (text) => {
      expect(failing(() => parseKnownAt(text))).toBe(
        `TIME_INVALID: The knowledge time is neither a day nor a point in time: ${text}.`,
      );
    },
  );
});
