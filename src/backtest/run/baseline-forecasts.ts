import { baselines } from "../models/index.ts";
import type { BlockForecasts, BlockSeries } from "./block.ts";

/** Adds the forecasts of all baselines to each fold of a block. Each learns from the periods up to the fold's cutoff only. */
export async function addBaselines(
  block: BlockForecasts,
  options: {
    readonly horizon: number;
    readonly season: number;
    readonly positionOf: (period: number) => number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { horizon, season, positionOf, signal } = options;
  let since = performance.now();
  for (const { fold, series, forecasts } of block.folds) {
    for (const name of Object.keys(baselines)) {
      forecasts.set(name, new Float64Array(series.length * horizon));
    }
    for (let index = 0; index < series.length; index++) {
      const { y, weight, firstPeriod } = block.series[series[index] as number] as BlockSeries;
      const known = fold.period - firstPeriod + 1;
      const history = {
        y: y.subarray(0, known),
        weight: weight.subarray(0, known),
        firstPosition: positionOf(firstPeriod),
      };
      for (const [name, model] of Object.entries(baselines)) {
        forecasts.get(name)?.set(model(history, horizon, season), index * horizon);
      }
      if (performance.now() - since > yieldEvery_ms) {
        // Lets an interruption and the progress through.
        await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
        since = performance.now();
      }
    }
  }
}

const yieldEvery_ms = 50;
