import { describe, expect, test } from "vitest";
import { addResiduals, boundsOf, emptyCalibration, intervalsOf } from "../../src/backtest/index.ts";

/** A calibration of the first bucket with these residuals of a series with the scale 1. */
function calibrated(residuals: readonly number[], { scale = 1, weight = 1, limit = 100_000, step = 1 } = {}) {
  const calibration = emptyCalibration(limit);
  addResiduals(calibration, {
    y: Float64Array.from(residuals),
    weight: Uint8Array.from(residuals, () => weight),
    forecast: new Float64Array(residuals.length),
    steps: new Int32Array(residuals.length).fill(step),
    scale,
  });
  return calibration;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("the bounds", () => {
  test("are the residuals of rank ceil((n + 1) (1 - tail)), counted from each side", () => {
    // 19 residuals, tail 0.1: rank 18.
    expect(intervalsOf(calibrated(upTo(19)), [80])[0]?.[0]?.bounds).toEqual({ lower: 2, upper: 18 });
    expect(intervalsOf(calibrated(upTo(20)), [80])[0]?.[0]?.bounds).toEqual({ lower: 2, upper: 19 });
  });

  test.for([
    [80, 9],
    [95, 39],
    [90, 19],
    [99, 199],
  ] as const)("of level %d need %d residuals", ([level, needed]) => {
    const enough = intervalsOf(calibrated(upTo(needed)), [level])[0]?.[0];
    expect(enough).toEqual({ level, needed, residuals: needed, bounds: { lower: 1, upper: needed } });
    expect(intervalsOf(calibrated(upTo(needed - 1)), [level])[0]?.[0]).toMatchObject({
      bounds: null,
      needed,
    });
  });

  test("are of each step bucket alone", () => {
    const intervals = intervalsOf(calibrated(upTo(50), { step: 10 }));
    expect(
      intervals.map((levels) => levels.map(({ residuals, bounds }) => [residuals, bounds !== null])),
    ).toEqual([
      [
        [0, false],
        [0, false],
      ],
      [
        [50, true],
        [50, true],
      ],
      [
        [0, false],
        [0, false],
      ],
      [
        [0, false],
        [0, false],
      ],
    ]);
  });

  test("are scaled with the series, and not below 0 if its history is not", () => {
    const intervals = intervalsOf(calibrated([-20, -10, 0, 0, 0, 0, 0, 0, 40], { scale: 10 }), [80]);
    const [steps, forecast] = [Int32Array.of(1), Float64Array.of(3)];
    expect(boundsOf(intervals, forecast, steps, 2, false)).toEqual([
      { lo: Float64Array.of(3 - 2 * 2), hi: Float64Array.of(3 + 2 * 4) },
    ]);
    expect(boundsOf(intervals, forecast, steps, 2, true)[0]?.lo).toEqual(Float64Array.of(0));
  });

  test("do not exist without enough residuals or without a scale", () => {
    const intervals = intervalsOf(calibrated(upTo(9)), [80]);
    const forecast = Float64Array.of(3, 3);
    const nowhere = boundsOf(intervals, forecast, Int32Array.of(1, 8), 1, true)[0];
    expect([nowhere?.lo[0], nowhere?.lo[1], nowhere?.hi[1]]).toEqual([4, Number.NaN, Number.NaN]);
    expect(boundsOf(intervals, forecast, Int32Array.of(1, 2), null, true)[0]?.lo).toEqual(
      Float64Array.of(Number.NaN, Number.NaN),
    );
  });

  test("a level outside of 0 to 100 is a programming mistake", () => {
    expect(() => intervalsOf(calibrated([]), [100])).toThrow("level of 100");
  });
});

describe("residuals", () => {
  const count = (calibration: ReturnType<typeof calibrated>) => intervalsOf(calibration)[0]?.[0]?.residuals;

  test("of weight 0, without a number or a scale are not used", () => {
    expect(count(calibrated([1, 2], { weight: 0 }))).toBe(0);
    expect(count(calibrated([1, Number.NaN, Number.POSITIVE_INFINITY]))).toBe(1);
    expect(count(calibrated([1, 2], { scale: 0 }))).toBe(0);
  });

  test("above the limit are a fair sample of all", () => {
    const sample = calibrated(upTo(20_000), { limit: 1000 });
    expect(count(sample)).toBe(1000);
    const kept = sample.buckets[0]?.kept ?? new Float64Array(0);
    expect(new Set(kept).size).toBe(1000);
    const mean = kept.reduce((sum, value) => sum + value, 0) / 1000;
    // Four standard errors of the mean of 1000 from 1 to 20000.
    expect(Math.abs(mean - 10_000)).toBeLessThan(4 * (20_000 / Math.sqrt(12) / Math.sqrt(1000)));
  });
});

test("on exchangeable data the intervals cover at least what they promise, and not much more", () => {
  let seed = 42;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  // Skewed, as sales are.
  const draw = () => -Math.log(random()) * 3;
  const inside = [0, 0];
  const [runs, each] = [400, 50];
  for (let run = 0; run < runs; run++) {
    const intervals = intervalsOf(calibrated(Array.from({ length: 99 }, draw)));
    const forecast = new Float64Array(each);
    const bounds = boundsOf(intervals, forecast, new Int32Array(each).fill(1), 1, false);
    for (let row = 0; row < each; row++) {
      const actual = draw();
      bounds.forEach(({ lo, hi }, level) => {
        if ((lo[row] as number) <= actual && actual <= (hi[row] as number))
          inside[level] = (inside[level] ?? 0) + 1;
      });
    }
  }
  const [eighty = 0, ninetyFive = 0] = inside.map((hits) => hits / (runs * each));
  // With 99 residuals the exact values are 0.80 and 0.96; rank 98 is the first above 0.975 * 100.
  expect(Math.abs(eighty - 0.8)).toBeLessThan(0.01);
  expect(Math.abs(ninetyFive - 0.96)).toBeLessThan(0.01);
});
