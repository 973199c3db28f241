import type { Measurement } from "../measurement.ts";
import type { Server } from "../server.ts";
import { lastDayOf, type Shape } from "../shape.ts";
import type { Days } from "./months.ts";
import type { Native } from "./native.ts";
import type { FrameOutcome, FrameRows } from "./outcome.ts";

/** Days to forecast. */
export const horizon = 28;

/** What the cases share. */
export interface Bench {
  readonly server: Server;
  readonly shape: Shape;
  /** For files of the moment. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** What the specification's query is run on. */
  readonly specified: readonly Days[];
  /** Undefined where the case is not run. */
  readonly native: Native | undefined;
  /** The rows a frame must have. */
  readonly expected: FrameRows;
  /** SHA-256 of the files that frames were written to, by name. All frames of a run are of the same facts. */
  readonly written: Map<string, string>;
}

/** What one round of a case took, and what it put into temporary files. */
export interface FrameMeasurement extends Measurement {
  /** 10^6 bytes at most. */
  readonly temporary_mb?: number;
}

/** Which frame: the default one of all that is there. */
export const definitionOf = (shape: Shape) => ({ cutoff: lastDayOf(shape), horizon });

/** @throws where a frame has other rows than it must have, or other bytes than another frame of the run */
export function requireFrame({ expected, written }: Bench, { manifest }: FrameOutcome): void {
  const { training_rows, future_rows } = manifest.counts;
  const [found, due] = [{ training_rows, future_rows }, expected].map((rows) => JSON.stringify(rows));
  if (found !== due) throw new Error(`the frame has ${found}, and ${due} was to be`);
  for (const { path, sha256 } of manifest.files) {
    if ((written.get(path) ?? sha256) !== sha256)
      throw new Error(`${path} differs from one frame to another`);
    written.set(path, sha256);
  }
}
