import type { Measurement } from "../measurement.ts";
import type { Server } from "../server.ts";
import { lastDayOf, type Shape } from "../shape.ts";
import type { Days } from "./months.ts";
import type { Native } from "./native.ts";
import type { FrameOutcome, FrameRows } from "./outcome.ts";

/** In days. */
export const horizon = 28;

/** What the cases share. */
export interface Bench {
  readonly server: Server;
  readonly shape: Shape;
  /** For temporary files. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** The days that the specification's query is run on. */
  readonly specified: readonly Days[];
  /** Undefined if its case is not run. */
  readonly native: Native | undefined;
  /** The number of rows that a frame must have. */
  readonly expected: FrameRows;
  /** SHA-256 of the files of a frame, by name. All frames of a run are built from the same facts. */
  readonly written: Map<string, string>;
}

/** One round of a case, with its temporary files. */
export interface FrameMeasurement extends Measurement {
  /** The peak, in 10^6 bytes. */
  readonly temporary_mb?: number;
}

/** The default frame over all facts. */
export const definitionOf = (shape: Shape) => ({ cutoff: lastDayOf(shape), horizon });

/** @throws if a frame does not have the expected number of rows, or the bytes of every other frame of the run */
export function requireFrame({ expected, written }: Bench, { manifest }: FrameOutcome): void {
  const { training_rows, future_rows } = manifest.counts;
  const [found, due] = [{ training_rows, future_rows }, expected].map((rows) => JSON.stringify(rows));
  if (found !== due) throw new Error(`the frame has ${found} instead of ${due}`);
  for (const { path, sha256 } of manifest.files) {
    if ((written.get(path) ?? sha256) !== sha256)
      throw new Error(`${path} differs from one frame to another`);
    written.set(path, sha256);
  }
}
