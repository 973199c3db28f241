import type { FrameDefinition } from "../../frame/index.ts";
import type { Progress } from "../../system/phase-clock.ts";
import type { GroupScores, ScoreReport } from "../scores/scoreboard.ts";
import type { Scores } from "../scores/scores.ts";

export interface BacktestRequest extends FrameDefinition {
  /** The last known day: the last fold ends with it. Nothing after it is used. */
  readonly cutoff: string;
  /** How many origins, 1 to 100. Default: 3 */
  readonly folds?: number | undefined;
  /** Periods from one origin to the next. Default: the horizon */
  readonly step?: number | undefined;
  /** A file for the forecasts, Parquet or CSV, in Nixtla's long format. Default: none */
  readonly out?: string | undefined;
  /** Levels of the intervals in percent. Default: 80 and 95 */
  readonly levels?: readonly number[] | undefined;
  /** Interrupts the backtest; nothing is written. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BacktestProgress) => void) | undefined;
}

/** The phases of a backtest, in their order. */
export const backtestPhases = ["extract", "forecast", "score"] as const;
export type BacktestPhase = (typeof backtestPhases)[number];
export type BacktestProgress = Progress<BacktestPhase>;

/** The scores of one model: those of all rows, and by group. */
export interface ModelScores extends Scores {
  readonly model: string;
  /** Rows of weight 0, which are not demand; null if there are none. */
  readonly weight_0: GroupScores["weight_0"];
  readonly by: ScoreReport["by"];
}

/** One origin. */
export interface BacktestFold {
  /** The last period that its models knew, by its last day. */
  readonly cutoff: string;
  /** The first and the last `ds` that were forecast. */
  readonly from: string;
  readonly to: string;
  /** Series that were forecast. */
  readonly series: number;
}

export interface BacktestResult {
  readonly cutoff: string;
  /** In periods, as the step. */
  readonly horizon: number;
  readonly step: number;
  readonly freq: "day" | "week" | "month";
  /** Periods of a season. */
  readonly season: number;
  readonly folds: readonly BacktestFold[];
  /** By rmsse, the smallest first: absolute errors alone prefer forecasts of 0 for intermittent demand. */
  readonly models: readonly ModelScores[];
  /** What the ridge learned from; null if there was nothing. */
  readonly ridge: RidgeSummary | null;
  /** Where the forecasts are; null if they were not written. */
  readonly out: string | null;
  readonly seconds: Readonly<Record<BacktestPhase, number>>;
}

export interface RidgeSummary {
  /** Columns of the frame, and products of them, that it used. */
  readonly terms: number;
  /** Training rows that were sampled for the last fold. */
  readonly rows: number;
  /** The penalty of the last fold. */
  readonly lambda: number;
  /** The terms with the largest standardized coefficients of the last fold, in the unit of `y`. */
  readonly strongest: readonly { readonly term: string; readonly coefficient: number }[];
}
