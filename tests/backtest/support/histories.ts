import fc from "fast-check";
import type { History } from "../../../src/backtest/index.ts";

/** A history that begins on the first position of the season, observed throughout unless weights are given. */
export const historyOf = (y: readonly number[], weight: readonly number[] = y.map(() => 1)): History => ({
  y: Float64Array.from(y),
  weight: Uint8Array.from(weight),
  firstPosition: 0,
});

/** Sales of up to ten weeks, often 0, some of them not observed. */
export const histories = fc
  .record({
    rows: fc.array(
      fc.record({
        y: fc.oneof(
          fc.constant(0),
          fc.integer({ min: 0, max: 40 }),
          fc.integer({ min: 0, max: 10_000 }).map((cents) => cents / 100),
        ),
        weight: fc.constantFrom(1, 1, 1, 0),
      }),
      { maxLength: 70 },
    ),
    firstPosition: fc.integer({ min: 0, max: 6 }),
  })
  .map(({ rows, firstPosition }) => ({
    y: Float64Array.from(rows, ({ y }) => y),
    weight: Uint8Array.from(rows, ({ weight }) => weight),
    firstPosition,
  }));
