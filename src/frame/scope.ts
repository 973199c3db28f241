import type { Day } from "./days.ts";
import type { FrameSpec } from "./specification/index.ts";

/** What the SQL of a frame depends on. */
export interface FrameScope {
  readonly spec: FrameSpec;
  readonly cutoff: Day;
  readonly horizon: number;
  /* SQL conditions on facts; `true` if there is nothing to exclude. */
  /** Recorded by the knowledge time. */
  readonly recorded: string;
  /** Of the selected stores. */
  readonly ofStores: string;
  /** Of the selected products. */
  readonly ofProducts: string;
}
