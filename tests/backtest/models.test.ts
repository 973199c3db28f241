import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { baselineNames, baselines, chooseModel, type History, type Model } from "../../src/backtest/index.ts";
import { ses } from "../../src/backtest/models/exponential-smoothing.ts";
import { observationsOf } from "../../src/backtest/models/history.ts";
import { seasonalIndicesOf } from "../../src/backtest/models/seasonal-indices.ts";
import { tsb } from "../../src/backtest/models/tsb.ts";
import { histories, historyOf } from "./support/histories.ts";

const forecast = (name: keyof typeof baselines, history: History, horizon = 3, season = 7) =>
  Array.from(baselines[name](history, horizon, season));

/** Weeks that are the same, with a weekday pattern. */
const weeks = (count: number, pattern: readonly number[]) =>
  Array.from({ length: count }, () => pattern).flat();
const pattern = [0, 2, 4, 6, 8, 10, 5];

describe("worked by hand", () => {
  test("naive: the last observed value", () => {
    expect(forecast("naive", historyOf([1, 2, 3]))).toEqual([3, 3, 3]);
    expect(forecast("naive", historyOf([1, 2, 3], [1, 1, 0]))).toEqual([2, 2, 2]);
  });

  test("seasonal_naive: the last observed value of the weekday, else the last one", () => {
    const history = historyOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 1, 1, 1, 1, 1, 1, 1, 0, 1]);
    // The tenth day is a Wednesday; the Tuesday of the second week is not observed.
    expect(forecast("seasonal_naive", history, 7)).toEqual([4, 5, 6, 7, 8, 2, 10]);
    expect(forecast("seasonal_naive", historyOf([1, 2, 3]), 7)).toEqual([3, 3, 3, 3, 1, 2, 3]);
  });

  test("mean_28: of the last 28 observed periods, or of all", () => {
    const y = [1000, ...Array.from({ length: 28 }, (_, day) => day)];
    expect(forecast("mean_28", historyOf(y), 1)).toEqual([13.5]);
    expect(forecast("mean_28", historyOf([2, 100, 4], [1, 0, 1]), 2)).toEqual([3, 3]);
  });

  test("weekday_mean_8: of the last eight of the same weekday; a weekday never seen gets the mean", () => {
    const y = [
      ...weeks(1, [900, 900, 900, 900, 900, 900, 900]),
      ...weeks(7, pattern),
      ...weeks(1, [8, 2, 4, 6, 8, 10, 5]),
    ];
    expect(forecast("weekday_mean_8", historyOf(y), 7)).toEqual([1, 2, 4, 6, 8, 10, 5]);
    expect(forecast("weekday_mean_8", historyOf([1, 2, 6]), 5)).toEqual([3, 3, 3, 3, 1]);
  });

  test("simple exponential smoothing", () => {
    // 4, 4 + 0.5 (8 - 4) = 6, 6 + 0.5 (2 - 6) = 4
    expect(ses(Float64Array.of(4, 8, 2), 0.5)).toBe(4);
    expect(ses(Float64Array.of(4), 0.5)).toBe(4);
  });

  test("Teunter-Syntetos-Babai", () => {
    // Probability 0, 0.5, 0.25, 0.625; size 4, then 4 + 0.25 (8 - 4) = 5.
    expect(tsb(Float64Array.of(0, 4, 0, 8), 0.25, 0.5)).toBe(0.625 * 5);
    expect(tsb(Float64Array.of(0, 0), 0.25, 0.5)).toBe(0);
  });

  test("seasonal indices: relative to the mean, drawn toward 1 by two seasons, 0 for a weekday without sales", () => {
    const indices = (y: number[], season: number) =>
      Array.from(seasonalIndicesOf(observationsOf(historyOf(y), season), season));
    // Means 1 and 3 around 2: (4 * 0.5 + 2) / 6 and (4 * 1.5 + 2) / 6.
    expect(indices(weeks(4, [1, 3]), 2)).toEqual([4 / 6, 8 / 6]);
    expect(indices(weeks(8, [0, 3]), 2)[0]).toBe(0);
    expect(indices([1, 3], 2)).toEqual([1, 1]);
    expect(indices(weeks(8, [-1, 3]), 2)).toEqual([1, 1]);
    expect(indices(weeks(8, [0, 0]), 2)).toEqual([1, 1]);
  });
});

describe("what models find", () => {
  test("holt_winters repeats weeks that are all the same", () => {
    const found = forecast("holt_winters", historyOf(weeks(6, pattern)), 14);
    found.forEach((value, day) => {
      expect(value).toBeCloseTo(pattern[day % 7] as number, 10);
    });
  });

  test("holt_winters follows a trend, and damps it", () => {
    const rising = historyOf(Array.from({ length: 140 }, (_, day) => 10 + day));
    const found = forecast("holt_winters", rising, 28);
    expect(found[0]).toBeGreaterThan(145);
    expect(found[27]).toBeGreaterThan(found[0] as number);
    expect(found[27]).toBeLessThan(10 + 140 + 27);
  });

  test("holt_winters falls back to smoothing without a season below two seasons", () => {
    expect(new Set(forecast("holt_winters", historyOf([1, 9, 1, 9, 1, 9, 1, 9, 1]), 7)).size).toBe(1);
  });

  test.for(["ses_weekday", "tsb_weekday"] as const)(
    "%s has the shape of the week, and 0 on a day without sales",
    (name) => {
      const found = forecast(name, historyOf(weeks(40, pattern)), 7);
      expect(found[0]).toBe(0);
      found.slice(1).forEach((value, day) => {
        expect(Math.abs(value - (pattern[day + 1] as number))).toBeLessThan(0.3);
      });
    },
  );

  test("tsb_weekday forecasts less the longer nothing is sold", () => {
    const followedBy = (days: number) =>
      forecast(
        "tsb_weekday",
        historyOf([...weeks(10, [3, 0, 2, 4, 0, 3, 1]), ...weeks(days, [0])]),
        1,
      )[0] as number;
    expect(followedBy(28)).toBeLessThan(followedBy(7));
    expect(followedBy(70)).toBeLessThan(0.5 * followedBy(0));
  });

  test("auto takes a model that is clearly better at the end of the history, whatever comes later", () => {
    // Smoothing of a season that was reversed long ago keeps the old shape; the seasonal naive forecast does not.
    const y = [...weeks(20, [1, 2, 4, 6, 8, 10, 30]), ...weeks(14, [30, 10, 8, 6, 4, 2, 1])];
    const choice = chooseModel(historyOf(y), 14, 7);
    expect(choice.tested).toBe(true);
    expect(["seasonal_naive", "weekday_mean_8"]).toContain(choice.model);
    expect(forecast("auto", historyOf(y), 7)).toEqual([30, 10, 8, 6, 4, 2, 1]);
  });

  test("auto takes the first model of the class if there is nothing to test with", () => {
    expect(chooseModel(historyOf([3, 4, 5, 4]), 14, 7)).toMatchObject({
      model: "ses_weekday",
      tested: false,
    });
    expect(chooseModel(historyOf([3, 0, 0, 0]), 14, 7)).toMatchObject({
      model: "tsb_weekday",
      tested: false,
    });
    const y = weeks(20, pattern);
    const unseen = historyOf(
      y,
      y.map((_, day) => (day < 70 ? 1 : 0)),
    );
    expect(chooseModel(unseen, 14, 7).tested).toBe(false);
  });
});

describe.for(baselineNames)("%s", (name) => {
  const model: Model = baselines[name];

  test("of nothing, of days that are not observed, and of zeros is 0", () => {
    expect(Array.from(model(historyOf([]), 2, 7))).toEqual([0, 0]);
    expect(Array.from(model(historyOf([5, 5], [0, 0]), 2, 7))).toEqual([0, 0]);
    expect(Array.from(model(historyOf(weeks(10, [0])), 2, 7))).toEqual([0, 0]);
  });

  test("of one day is that day", () => {
    expect(Array.from(model(historyOf([5]), 9, 7))).toEqual(Array.from({ length: 9 }, () => 5));
  });

  test("gives finite values, not below 0, one for each period", () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 40 }), (history, horizon) => {
        const found = model(history, horizon, 7);
        expect(found).toHaveLength(horizon);
        expect(found.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
      }),
    );
  });

  test("may be negative after negative values, and is finite", () => {
    const found = model(historyOf(weeks(8, [-5, 3, -4, 2, -6, 1, -3])), 14, 7);
    expect(found.every(Number.isFinite)).toBe(true);
  });

  test("forecasts a constant series exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 1000 }), (length, value) => {
        const found = model(historyOf(Array.from({ length }, () => value)), 8, 7);
        for (const one of found) expect(Math.abs(one - value)).toBeLessThanOrEqual(1e-9 * value);
      }),
    );
  });

  test("does not depend on the values of days that are not observed", () => {
    fc.assert(
      fc.property(histories, fc.double(), (history, other) => {
        const changed = history.y.map((value, day) => (history.weight[day] === 0 ? other : value));
        expect(model({ ...history, y: changed }, 10, 7)).toEqual(model(history, 10, 7));
      }),
    );
  });

  test("takes a y that is no number for a day that is not observed", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const y = history.y.map((value, day) => (history.weight[day] === 0 ? Number.NaN : value));
        const weight = history.weight.map(() => 1);
        expect(model({ ...history, y, weight }, 10, 7)).toEqual(model(history, 10, 7));
      }),
    );
  });

  test("scales with the series", () => {
    fc.assert(
      fc.property(histories, (history) => {
        // A power of two, so that no rounding differs and no choice between parameters either.
        const scaled = model({ ...history, y: history.y.map((value) => value * 8) }, 10, 7);
        expect(scaled).toEqual(model(history, 10, 7).map((value) => value * 8));
      }),
    );
  });

  test("moves with the weekday: the position of the first day is a name only", () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 6 }), (history, firstPosition) => {
        const [here, there] = [model({ ...history, firstPosition }, 10, 7), model(history, 10, 7)];
        here.forEach((value, day) => {
          expect(value).toBeCloseTo(there[day] as number, 6);
        });
      }),
    );
  });

  test("works in weeks and in months", () => {
    const found = model(
      historyOf(
        weeks(
          3,
          Array.from({ length: 52 }, (_, week) => week),
        ),
      ),
      4,
      52,
    );
    expect(found.every(Number.isFinite)).toBe(true);
    expect(model(historyOf([3, 4, 5]), 4, 12)).toHaveLength(4);
  });
});

test("a history whose arrays do not fit together is a programming mistake", () => {
  const history = historyOf([1, 2]);
  expect(() => baselines.naive({ ...history, weight: Uint8Array.of(1) }, 1, 7)).toThrow(
    "2 values of y, 1 weights",
  );
  expect(() => baselines.naive({ ...history, firstPosition: 7 }, 1, 7)).toThrow("position 7");
  expect(() => baselines.naive(history, 1, 0)).toThrow("a season of 0");
});
