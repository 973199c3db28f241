import { join } from "node:path";
import type { Database } from "../../database/connection.ts";
import { fail } from "../../errors.ts";
import * as kinds from "../../system/arguments.ts";
import type { ComputeOptions } from "../compute.ts";
import { checkDefinition } from "../definition.ts";
import {
  type FrameRequest,
  type FrameResult,
  requireOutput,
  type WithReader,
  writeFrames,
} from "../frame.ts";
import { withSnapshot } from "../source/snapshot.ts";
import { openFoldsFolder } from "./folds-folder.ts";

export interface FramesRequest extends Omit<FrameRequest, "cutoff"> {
  /** The cutoffs, YYYY-MM-DD, in any order; see {@link foldCutoffs}. */
  readonly cutoffs: readonly string[];
  /** A folder, which gets a folder `cutoff=YYYY-MM-DD` for each cutoff with the files `frame.…` in it. */
  readonly out: string;
}

/** The frames of several cutoffs. */
export interface FramesResult {
  readonly folder: string;
  /** In ascending order of their cutoffs. */
  readonly frames: readonly FrameResult[];
}

/**
 * Builds the frames of several cutoffs from one snapshot in one pass: facts are read and features computed once. Each has the same
 * bytes as if it were built alone. The folder appears as a whole.
 *
 * @returns the folder, and the paths and the manifest of each frame
 * @throws the errors of {@link buildFrame}; FRAME_OUTPUT_EXISTS if the folder holds anything but frames of cutoffs
 * @example
 * import { buildFrames, databaseOf, foldCutoffs } from "forecastlab";
 *
 * const database = databaseOf("postgres://localhost:5432/retail");
 * const cutoffs = foldCutoffs({ cutoff: "2024-05-14", folds: 4, step: 28 });
 * const { frames } = await buildFrames(database, { cutoffs, horizon: 28, out: "folds" });
 * for (const { training, manifest } of frames) console.log(manifest.cutoff, training);
 */
export async function buildFrames(database: Database, request: FramesRequest): Promise<FramesResult> {
  kinds.requireArguments(
    "buildFrames",
    { database, request },
    { database: kinds.database, request: kinds.object },
  );
  kinds.requireArguments("buildFrames", request, { cutoffs: kinds.texts });
  requireOutput("buildFrames", request);
  return buildFramesFrom((work) => withSnapshot(database, request.signal, work), request);
}

/** The same with any reader, and in blocks of any size. */
export async function buildFramesFrom(
  withReader: WithReader,
  request: FramesRequest,
  options: Pick<ComputeOptions, "blockPeriods"> = {},
): Promise<FramesResult> {
  const { cutoffs, out, format = "parquet", partitionBy, signal, onProgress } = request;
  if (cutoffs.length === 0) throw fail("USAGE", { problem: "Frames need at least one cutoff." });
  const definition = await checkDefinition("buildFrames", request, cutoffs);
  const folder = openFoldsFolder(out);
  const partitioned = (partitionBy ?? []).length > 0;
  const placeOf = (cutoff: string) => {
    const staged = folder.staged(cutoff);
    return { out: partitioned ? join(staged) : join(staged, `frame.${format}`), format, partitionBy };
  };
  try {
    const outputs = () => definition.cutoffs.map(placeOf);
    const written = await writeFrames(withReader, definition, { ...options, outputs, signal, onProgress });
    await folder.publish();
    const frames = written.map((frame) => ({
      ...frame,
      training: folder.placed(frame.training),
      future: folder.placed(frame.future),
      manifest_file: folder.placed(frame.manifest_file),
    }));
    return { folder: folder.out, frames };
  } catch (error) {
    folder.discard();
    throw error;
  }
}
