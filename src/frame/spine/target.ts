import { type Feature, featuresOf, type Measure } from "../history/features.ts";
import type { FrameScope } from "../scope.ts";

/** The features of the target: its lags, windows and weekday windows. */
export function targetFeatures({ spec }: Pick<FrameScope, "spec">): Feature[] {
  const target: Measure =
    spec.target === "quantity"
      ? { name: "y", over: "sum", scale: 1, what: "units sold on the day" }
      : { name: "y", over: "sum", scale: 100, what: "amount sold on the day" };
  return featuresOf(target, spec, spec.freq, spec.weekday_windows);
}
