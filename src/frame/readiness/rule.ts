import type { Figures } from "./figures.ts";
import type { Thresholds } from "./thresholds.ts";

export type ReadinessStatus = "fit" | "fit_with_limits" | "not_yet";

/** From the best to the worst. */
export const readinessStatuses: readonly ReadinessStatus[] = ["fit", "fit_with_limits", "not_yet"];

export type ReasonCode =
  | "no_sale"
  | "single_sale"
  | "short_history"
  | "few_observed"
  | "ended"
  | "one_season"
  | "sparse_sales"
  | "gaps"
  | "censored"
  | "intermittent"
  | "lumpy"
  | "constant"
  | "unpriced";

/** Why a series is not simply fit, with the numbers behind it. */
export interface Reason {
  readonly code: ReasonCode;
  /** What was found, what is needed, and what would help. */
  readonly text: string;
  /** What was found. */
  readonly value: number;
  /** What a fit series has at least; of `ended`, `gaps` and `censored` at most; of `intermittent` and `lumpy` less than that. */
  readonly needed: number;
}

/** A reason, and when a series has it. */
export interface Rule {
  readonly code: ReasonCode;
  /** What a series with this reason is at best. */
  readonly status: Exclude<ReadinessStatus, "fit">;
  /** In a few words, for a table. */
  readonly what: string;
  /** SQL condition over the figures of a series. */
  readonly sql: (thresholds: Thresholds) => string;
  readonly reason: (figures: Figures, thresholds: Thresholds) => Omit<Reason, "code">;
}
