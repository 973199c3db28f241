import type { FrameKind } from "../columns.ts";
import type { Freq } from "../grain.ts";

/** The result of an audit. */
export interface AuditReport {
  /** Whether everything stayed the same that must. */
  readonly passed: boolean;
  readonly cutoff: string;
  /** In periods. */
  readonly horizon: number;
  readonly freq: Freq;
  readonly checks: readonly AuditCheck[];
}

/** One change to what the frame must not depend on, and what changed in the frame. */
export interface AuditCheck {
  readonly name: string;
  /** What was changed in the scratch copy. */
  readonly changed: string;
  /** What of the frame must not change. */
  readonly must_hold: string;
  /** Rows of the scratch copy that were changed, deleted or added. */
  readonly perturbed: number;
  /** Rows and cells of the frame that were compared. */
  readonly rows: number;
  readonly cells: number;
  readonly differing: readonly Difference[];
}

/** A column that changed and should not have. */
export interface Difference {
  readonly frame: FrameKind;
  /** `(row)` for rows that only one of the frames has. */
  readonly column: string;
  /** How many rows differ. */
  readonly rows: number;
  /** The first of them. */
  readonly example: {
    readonly unique_id: string;
    readonly ds: string;
    readonly before: string | null;
    readonly after: string | null;
  };
}
