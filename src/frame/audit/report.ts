import type { FrameKind } from "../columns.ts";

/** What became of a frame when the past's future was changed. */
export interface AuditReport {
  readonly passed: boolean;
  readonly cutoff: string;
  readonly horizon: number;
  readonly checks: readonly {
    readonly name: string;
    /** What was changed in the scratch copy. */
    readonly changed: string;
    /** What of the frame must stay the same. */
    readonly must_hold: string;
    /** How many were compared. */
    readonly cells: number;
    readonly rows: number;
    readonly differing: readonly {
      readonly frame: FrameKind;
      readonly column: string;
      readonly rows: number;
      readonly example: {
        readonly unique_id: string;
        readonly ds: string;
        readonly before: string | null;
        readonly after: string | null;
      };
    }[];
  }[];
}
