import { readFileSync } from "node:fs";
import type { PlotStep, PlottedSeries } from "./series.ts";

/** What a plot takes from the manifest next to a frame. */
export interface ManifestFacts {
  readonly target: PlottedSeries["target"];
  /** Undefined if the manifest does not say it. */
  readonly step: PlotStep | undefined;
}

/** A frame can be plotted without its manifest: if there is none, or it is not one, nothing is known from it. */
export function readManifestFacts(path: string): ManifestFacts {
  const spec = specIn(path);
  const { target, freq } = spec ?? {};
  return {
    target: target === "quantity" || target === "total_amount" ? target : null,
    step: freq === "day" || freq === "week" || freq === "month" ? freq : undefined,
  };
}

function specIn(path: string): { readonly target?: unknown; readonly freq?: unknown } | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")).spec;
  } catch {
    return undefined;
  }
}
