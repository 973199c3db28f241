import { beforeAll, expect, test } from "vitest";
import {
  addForecasts,
  baselines,
  emptyScoreboard,
  type Model,
  reportOf,
  scalesOf,
} from "../../src/backtest/index.ts";
import { ses } from "../../src/backtest/models/exponential-smoothing.ts";
import { seasonalMean, windowMean } from "../../src/backtest/models/means.ts";
import { tsb } from "../../src/backtest/models/tsb.ts";
import { describeWithPython, pythonOn } from "./support/python.ts";

/* The same numbers as utilsforecast.losses and as the baselines of statsforecast, on series of every class. */

const season = 7;
const horizon = 20;
const levels = [80, 95] as const;
const parameters = { alpha: 0.23, alpha_d: 0.31, alpha_p: 0.12, window: 28, weeks: 8 };

let seed = 7;
const random = () => {
  seed = (seed * 16_807) % 2_147_483_647;
  return seed / 2_147_483_647;
};
const list = (length: number, of: (index: number) => number) =>
  Array.from({ length }, (_, index) => of(index));

const series = list(40, (index) => index).map((index) => {
  const [share, size] = [[1, 0.9, 0.4, 0.1][index % 4] as number, 1 + 50 * random()];
  const sales = () => (random() < share ? Math.ceil(size * random() ** 2 * 100) / 100 : 0);
  // The first day has a sale, as every series of a frame.
  const train = [1, ...list(90 + index, sales)];
  const y = list(horizon, sales);
  const forecast = list(horizon, () => size * random());
  const bounds = (side: (value: number, width: number) => number) =>
    Object.fromEntries(
      levels.map((level) => [level, forecast.map((value) => side(value, (size * level) / 200))]),
    );
  const lo = bounds((value, width) => Math.max(0, value - width));
  const hi = bounds((value, width) => value + width);
  return { unique_id: `S1/${index}`, train, y, forecast, lo, hi };
});

type ByScore = Record<string, Record<string, number>>;
type ByModel = Record<string, Record<string, number[]>>;
let theirs: { readonly scores: ByScore; readonly baselines: ByModel };

const close = (found: number | null | undefined, expected: number | undefined, what: string) => {
  expect(found, what).toBeTypeOf("number");
  expect(expected, what).toBeTypeOf("number");
  const distance = Math.abs((found as number) - (expected as number));
  expect(distance, what).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected as number)));
};

describeWithPython("in Python", { realData: false }, () => {
  beforeAll(async () => {
    const input = { season, horizon, levels, parameters, series };
    theirs = await pythonOn("scores.py", input);
  });

  test("the scores are those of utilsforecast.losses", () => {
    for (const { unique_id, train, y, forecast, lo, hi } of series) {
      const board = emptyScoreboard(levels);
      const column = (values: readonly number[] | undefined) => Float64Array.from(values ?? []);
      addForecasts(
        board,
        { class: "smooth", store: null, category: null },
        {
          y: column(y),
          weight: column(y.map(() => 1)),
          forecast: column(forecast),
          steps: Int32Array.from(y, (_, index) => index + 1),
          intervals: levels.map((level) => ({ lo: column(lo[level]), hi: column(hi[level]) })),
          scales: scalesOf(column(train), column(train.map(() => 1)), season),
        },
      );
      const { scored } = reportOf(board);
      const of = (name: string) => theirs.scores[name]?.[unique_id];
      for (const name of ["mae", "rmse", "wape", "rmsse", "mase", "pinball"] as const) {
        close(scored[name], of(name), `${unique_id} ${name}`);
      }
      // Theirs is the mean error; ours is relative to the actual values.
      const total = y.reduce((sum, value) => sum + value, 0);
      close(((scored.bias ?? Number.NaN) * total) / horizon, of("mean_error"), `${unique_id} bias`);
      for (const { level, coverage, pinball_lo, pinball_hi } of scored.intervals) {
        close(coverage, of(`coverage_${level}`), `${unique_id} coverage ${level}`);
        close(pinball_lo, of(`pinball_lo_${level}`), `${unique_id} lo ${level}`);
        close(pinball_hi, of(`pinball_hi_${level}`), `${unique_id} hi ${level}`);
      }
    }
  });

  test.for<[string, Model]>([
    ["naive", baselines.naive],
    ["seasonal_naive", baselines.seasonal_naive],
    ["window_mean", windowMean(parameters.window)],
    ["seasonal_mean", seasonalMean(parameters.weeks)],
    ["ses", ({ y }, steps) => new Float64Array(steps).fill(ses(y, parameters.alpha))],
    ["tsb", ({ y }, steps) => new Float64Array(steps).fill(tsb(y, parameters.alpha_d, parameters.alpha_p))],
  ])("%s is that of statsforecast", ([name, model]) => {
    for (const { unique_id, train } of series) {
      const history = {
        y: Float64Array.from(train),
        weight: new Uint8Array(train.length).fill(1),
        firstPosition: 3,
      };
      const expected = theirs.baselines[name]?.[unique_id] ?? [];
      expect(expected).toHaveLength(horizon);
      model(history, horizon, season).forEach((value, step) => {
        close(value, expected[step], `${unique_id} step ${step + 1}`);
      });
    }
  });
});
