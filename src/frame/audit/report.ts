import type { FrameKind } from "../columns.ts";

/** What an audit found. */
export interface AuditReport {
  /** Nothing differs that had to stay the same. */
  readonly passed: boolean;
  readonly cutoff: string;
  readonly horizon: number;
  readonly checks: readonly AuditCheck[];
}

/** One change of what could not have been known, and what it did to the frame. */
export interface AuditCheck {
  readonly name: string;
  /** What was changed in the scratch copy. */
  readonly changed: string;
  readonly must_hold: string;
  /** Rows of facts and plans that were changed, deleted or added. */
  readonly perturbed: number;
  /** Rows of the frame that were compared, and cells of them. */
  readonly rows: number;
  readonly cells: number;
  readonly differing: readonly Difference[];
}

/** A column that changed and should not have; `column` is "(row)" for rows that are in one frame only. */
export interface Difference {
  readonly frame: FrameKind;
  readonly column: string;
  readonly rows: number;
  readonly example: {
    readonly unique_id: string;
    readonly ds: string;
    readonly before: string | null;
    readonly after: string | null;
  };
}
