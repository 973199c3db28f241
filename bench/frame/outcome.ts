export interface FrameRows {
  readonly training_rows: number;
  readonly future_rows: number;
}

/** The parts of a frame's result that the bench reads. */
export interface FrameOutcome {
  readonly seconds: Readonly<Record<string, number>>;
  readonly manifest: {
    readonly counts: FrameRows;
    readonly files: readonly { readonly path: string; readonly sha256: string }[];
  };
}

export interface FoldsOutcome {
  readonly frames: readonly FrameOutcome[];
}

export interface BacktestOutcome {
  readonly seconds: Readonly<Record<string, number>>;
  readonly models: readonly { readonly model: string; readonly rows: number }[];
}
