import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addForecasts,
  emptyScoreboard,
  mergeScoreboard,
  reportOf,
  type Scales,
  type SeriesForecasts,
  scalesOf,
} from "../../src/backtest/index.ts";
import { pinball } from "../../src/backtest/scores/tally.ts";

const groups = { class: "smooth", store: "S1", category: "Dairy" } as const;
const known: Scales = { rmsse: 4, mase: 2 };

function forecasts(
  rows: readonly { y: number; f: number; w?: number; step?: number; lo?: number; hi?: number }[],
  scales: Scales = known,
): SeriesForecasts {
  const column = (of: (row: (typeof rows)[number], index: number) => number) => Float64Array.from(rows, of);
  return {
    y: column(({ y }) => y),
    weight: column(({ w = 1 }) => w),
    forecast: column(({ f }) => f),
    steps: Int32Array.from(rows, ({ step }, index) => step ?? index + 1),
    intervals: [{ lo: column(({ lo }) => lo ?? Number.NaN), hi: column(({ hi }) => hi ?? Number.NaN) }],
    scales,
  };
}

const reportFor = (...all: SeriesForecasts[]) => {
  const board = emptyScoreboard([80]);
  for (const one of all) addForecasts(board, groups, one);
  return reportOf(board);
};

describe("scores worked by hand", () => {
  // Errors +2, -1, 0; actual values 2, 3, 5.
  const rows = [
    { y: 2, f: 4, lo: 1, hi: 3 },
    { y: 3, f: 2, lo: 3.5, hi: 5 },
    { y: 5, f: 5 },
  ];

  test("are pooled over rows", () => {
    expect(reportFor(forecasts(rows)).scored).toMatchObject({
      rows: 3,
      series: 1,
      mae: 1,
      rmse: Math.sqrt(5 / 3),
      wape: 0.3,
      bias: 0.1,
      rmsse: Math.sqrt(5 / 3 / 4),
      mase: 0.5,
    });
  });

  test("of intervals are about the rows that have one", () => {
    const { intervals, pinball: mean } = reportFor(forecasts(rows)).scored;
    // Lower bound, quantile 0.1: 0.1 (2 - 1), and (0.1 - 1) (3 - 3.5); upper bound 0.9: 0.1 (3 - 2), and 0.1 (5 - 3).
    expect(intervals).toHaveLength(1);
    expect(intervals[0]).toMatchObject({ level: 80, rows: 2, coverage: 0.5 });
    expect(intervals[0]?.pinball_lo).toBeCloseTo((0.1 + 0.45) / 2, 12);
    expect(intervals[0]?.pinball_hi).toBeCloseTo((0.1 + 0.2) / 2, 12);
    expect(mean).toBeCloseTo((0.1 + 0.45 + 0.1 + 0.2) / 4, 12);
  });

  test("a value on a bound is within the interval", () => {
    const { intervals } = reportFor(forecasts([{ y: 1, f: 1, lo: 1, hi: 1 }])).scored;
    expect(intervals[0]?.coverage).toBe(1);
  });

  test("rmsse and mase are means over series, the others are not", () => {
    const report = reportFor(
      forecasts(
        [
          { y: 10, f: 12 },
          { y: 10, f: 12 },
        ],
        { rmsse: 4, mase: 2 },
      ),
      forecasts([{ y: 1, f: 4 }], { rmsse: 1, mase: 1 }),
    );
    expect(report.scored).toMatchObject({ rmsse: (1 + 3) / 2, mase: (1 + 3) / 2, wape: 7 / 21, mae: 7 / 3 });
  });

  test("pinball is the quantile loss", () => {
    expect([pinball(10, 8, 0.9), pinball(8, 10, 0.9), pinball(3, 3, 0.5)]).toEqual([
      1.8,
      expect.closeTo(0.2, 12),
      0,
    ]);
  });
});

describe("scales", () => {
  const of = (y: number[], weight = y.map(() => 1)) =>
    scalesOf(Float64Array.from(y), Uint8Array.from(weight), 2);

  test("are one period apart for rmsse, a season for mase", () => {
    expect(of([1, 3, 2, 7])).toEqual({ rmsse: (4 + 1 + 25) / 3, mase: (1 + 4) / 2 });
  });

  test("use pairs of observed periods only", () => {
    expect(of([1, 3, 900, 7], [1, 1, 0, 1])).toEqual({ rmsse: 4, mase: 4 });
    expect(of([1, 3, Number.NaN, 7])).toEqual({ rmsse: 4, mase: 4 });
  });

  test("are not defined for a constant or a single period", () => {
    expect(of([5, 5, 5, 5])).toEqual({ rmsse: null, mase: null });
    expect(of([5])).toEqual({ rmsse: null, mase: null });
    expect(of([])).toEqual({ rmsse: null, mase: null });
  });
});

describe("what has no score is null and counted", () => {
  test("a series without a scale", () => {
    const { scored } = reportFor(
      forecasts([{ y: 1, f: 2 }]),
      forecasts([{ y: 1, f: 2 }], { rmsse: null, mase: 1 }),
    );
    expect(scored).toMatchObject({ series: 2, rmsse: 0.5, mase: 0.75 });
    expect(scored).toMatchObject({ series_without_rmsse_scale: 1, series_without_mase_scale: 0 });
  });

  test("only zeros, no rows, no intervals", () => {
    expect(reportFor(forecasts([{ y: 0, f: 1 }])).scored).toMatchObject({ wape: null, bias: null, mae: 1 });
    const empty = reportFor().scored;
    expect(empty).toMatchObject({ rows: 0, mae: null, rmse: null, rmsse: null, mase: null, pinball: null });
    expect(empty.intervals[0]).toMatchObject({ rows: 0, coverage: null });
  });

  test("rows without an actual value or a forecast", () => {
    const report = reportFor(
      forecasts([
        { y: Number.NaN, f: 1 },
        { y: 1, f: Number.NaN },
        { y: 1, f: Number.POSITIVE_INFINITY },
        { y: 1, f: 2 },
      ]),
    );
    expect(report.scored).toMatchObject({ rows: 1, rows_without_y: 1, rows_without_forecast: 2, mae: 1 });
  });

  test("is never NaN, whatever the rows", () => {
    const any = fc.oneof(fc.double(), fc.constant(0), fc.integer({ min: -5, max: 5 }));
    const row = fc.record({ y: any, f: any, lo: any, hi: any, w: fc.constantFrom(0, 1) });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        for (const text of [JSON.stringify(reportFor(forecasts(rows)), finiteOnly)])
          expect(text).not.toBe("");
      }),
    );
  });
});

function finiteOnly(_: string, value: unknown) {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${value}`);
  return value;
}

describe("groups", () => {
  test("steps are scored in their buckets, and a series counts in each with its rows of it", () => {
    const rows = [1, 7, 8, 14, 15, 28, 29, 90].map((step) => ({ y: 1, f: 1 + step, step }));
    const { by } = reportFor(forecasts(rows, { rmsse: 1, mase: 1 }));
    expect(by.step.map(({ group, scored }) => [group, scored.rows, scored.mase])).toEqual([
      ["1-7", 2, 4],
      ["8-14", 2, 11],
      ["15-28", 2, 21.5],
      ["29+", 2, 59.5],
    ]);
  });

  test("rows of weight 0 are scored apart", () => {
    const report = reportFor(
      forecasts([
        { y: 4, f: 5 },
        { y: 0, f: 8, w: 0 },
      ]),
    );
    expect(report.scored).toMatchObject({ rows: 1, mae: 1 });
    expect(report.weight_0).toMatchObject({ rows: 1, mae: 8 });
    expect(report.by.store[0]?.weight_0).toMatchObject({ rows: 1 });
    expect(reportFor(forecasts([{ y: 4, f: 5 }])).weight_0).toBeNull();
  });

  test("stores and categories are sorted, and what has no category is a group of its own", () => {
    const board = emptyScoreboard([80]);
    const add = (store: string, category: string | null) =>
      addForecasts(board, { class: "lumpy", store, category }, forecasts([{ y: 1, f: 1 }]));
    add("S2", null);
    add("S1", "Tea");
    add("S1", "Coffee");
    const { by } = reportOf(board);
    expect(by.store.map(({ group, scored }) => [group, scored.series])).toEqual([
      ["S1", 2],
      ["S2", 1],
    ]);
    expect(by.category.map(({ group }) => group)).toEqual(["Coffee", "Tea", null]);
    expect(by.class.map(({ group }) => group)).toEqual(["lumpy"]);
  });

  test("boards of parts merge into the board of the whole", () => {
    const series = fc.record({
      // Whole numbers, so that sums are exact in any order.
      rows: fc.array(
        fc.record({ y: fc.nat(9), f: fc.nat(9), lo: fc.nat(5), hi: fc.nat(15), w: fc.constantFrom(0, 1) }),
      ),
      store: fc.constantFrom("S1", "S2", null),
      part: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(series, { maxLength: 12 }), (all) => {
        const [whole, left, right] = [emptyScoreboard([80]), emptyScoreboard([80]), emptyScoreboard([80])];
        for (const { rows, store, part } of all) {
          const one = forecasts(rows, { rmsse: null, mase: 1 });
          addForecasts(whole, { ...groups, store }, one);
          addForecasts(part ? left : right, { ...groups, store }, one);
        }
        mergeScoreboard(left, right);
        expect(rounded(reportOf(left))).toEqual(rounded(reportOf(whole)));
      }),
    );
  });

  test("boards of different levels are a programming mistake", () => {
    expect(() => mergeScoreboard(emptyScoreboard([80]), emptyScoreboard([80, 95]))).toThrow(
      "different levels",
    );
    expect(() => addForecasts(emptyScoreboard([]), groups, forecasts([{ y: 1, f: 1 }]))).toThrow(
      "other levels",
    );
  });
});

/** Means over series and losses of tenths are rounded in another order. */
const rounded = (report: unknown) =>
  JSON.parse(JSON.stringify(report), (_, value) =>
    typeof value === "number" ? Number(value.toFixed(9)) : value,
  );
