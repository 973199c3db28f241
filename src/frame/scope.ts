import type { Day } from "./days.ts";
import type { Grain, Period } from "./grain.ts";
import type { FrameSpec } from "./specification/index.ts";

/** What the SQL of a frame depends on. Frames of several cutoffs share it: facts are read and features computed once. */
export interface FrameScope {
  readonly spec: FrameSpec;
  readonly grain: Grain;
  /** The last day of which facts are read: the last day of {@link lastPeriod}. */
  readonly cutoff: Day;
  /** The last period of which facts are read. */
  readonly lastPeriod: Period;
  /** The last period that rows are made for: the last one that is known or forecast. */
  readonly lastRow: Period;
  /** The period in which the sales of the warehouse begin, if it is not complete. Series begin after it. */
  readonly leftOut: Period | null;
  /** In periods. */
  readonly horizon: number;
  /** In ascending order; none of them is after `lastPeriod`. */
  readonly folds: readonly Fold[];
  /* SQL conditions on facts; `true` if there is nothing to exclude. */
  /** Recorded by the knowledge time. */
  readonly recorded: string;
  /** Not of the period that is left out. */
  readonly complete: string;
  /** Of the selected stores. */
  readonly ofStores: string;
  /** Of the selected products. */
  readonly ofProducts: string;
}

/** One cutoff, and so one training frame and one future frame. */
export interface Fold {
  /** As it was asked for, YYYY-MM-DD. */
  readonly cutoff: string;
  /** The last period that is complete on the cutoff: the last one of the training frame. */
  readonly period: Period;
  /** Its last day: the last day of which the frame uses facts. */
  readonly knownUntil: Day;
}
