import { describe, expect, test } from "vitest";
import { classify } from "../../src/backtest/index.ts";

const of = (y: number[], weight = y.map(() => 1)) => classify(Float64Array.from(y), Uint8Array.from(weight));

describe("the class of a series", () => {
  test.for([
    ["smooth", [4, 5, 6, 5]],
    ["erratic", [1, 1, 1, 20]],
    ["intermittent", [3, 0, 0, 4, 0, 3]],
    ["lumpy", [1, 0, 0, 30, 0, 1]],
    ["no_demand", [0, 0, -1]],
    ["no_demand", []],
  ] as const)("is %s", ([expected, y]) => {
    expect(of([...y]).class).toBe(expected);
  });

  test("is by the interval, periods per demand, and the squared coefficient of variation", () => {
    // Demands 2 and 6: mean 4, variance of the sample 8.
    expect(of([2, 0, 6, 0, 0])).toEqual({ class: "lumpy", adi: 2.5, cv2: 0.5 });
  });

  test("at the boundary of the interval is intermittent", () => {
    const y = Array.from({ length: 132 }, (_, period) => (period < 100 ? 5 : 0));
    expect(of(y)).toEqual({ class: "intermittent", adi: 1.32, cv2: 0 });
    expect(of(y.slice(0, 131)).class).toBe("smooth");
  });

  test("is not about days of weight 0 or without a number", () => {
    expect(of([4, 0, 5, 0, 4, Number.NaN], [1, 0, 1, 0, 1, 1])).toMatchObject({ class: "smooth", adi: 1 });
  });

  test("of one demand has no variation, and a large constant has none either", () => {
    expect(of([0, 7]).cv2).toBe(0);
    expect(of([1e9 + 0.1, 1e9 + 0.1, 1e9 + 0.1]).cv2).toBe(0);
  });
});
