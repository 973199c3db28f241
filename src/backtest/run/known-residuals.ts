import { addResiduals, type Calibration, emptyCalibration } from "../intervals.ts";
import { meanDifference } from "../scores/scale.ts";
import type { BlockForecasts, BlockSeries } from "./block.ts";

/**
 * Adds the residuals of earlier folds that became known since the fold before this one. Folds may overlap: of an earlier fold only
 * the periods up to the cutoff of this one are known.
 *
 * @param index of the fold
 * @param calibrations by model, with the residuals known at the fold before
 */
export async function addKnownResiduals(
  calibrations: Map<string, Calibration>,
  blocks: readonly BlockForecasts[],
  options: { readonly index: number; readonly horizon: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const { index, horizon, signal } = options;
  for (let earlier = 0; earlier < index; earlier++) {
    for (const block of blocks) {
      const [of, before, now] = [earlier, index - 1, index].map((fold) => block.folds[fold]);
      if (of === undefined || before === undefined || now === undefined) continue;
      const from = Math.max(0, before.fold.period - of.fold.period);
      const to = Math.min(horizon, now.fold.period - of.fold.period);
      if (from >= to) continue;
      signal?.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
      const steps = Int32Array.from({ length: to - from }, (_, step) => from + step + 1);
      for (const [at, number] of of.series.entries()) {
        const { y, weight, firstPeriod } = block.series[number] as BlockSeries;
        const known = of.fold.period - firstPeriod + 1;
        const scale = spreadOf(y.subarray(0, known), weight.subarray(0, known));
        for (const [name, all] of of.forecasts) {
          const calibration = calibrations.get(name) ?? emptyCalibration();
          calibrations.set(name, calibration);
          addResiduals(calibration, {
            ...{ steps, scale },
            y: y.subarray(known + from, known + to),
            weight: weight.subarray(known + from, known + to),
            forecast: all.subarray(at * horizon + from, at * horizon + to),
          });
        }
      }
    }
  }
}

/** What residuals are divided by to be pooled: the root of the rmsse scale, which short histories have too. */
export function spreadOf(y: Float64Array, weight: Float64Array): number | null {
  const scale = meanDifference(y, weight, 1, 2);
  return scale === null ? null : Math.sqrt(scale);
}
