import type { Database } from "../database/connection.ts";
import type { Engine } from "../duckdb/engine.ts";
import * as kinds from "../system/arguments.ts";
import { type PhaseClock, type Progress, phaseClock } from "../system/phase-clock.ts";
import { version } from "../system/version.ts";
import type { FrameKind } from "./columns.ts";
import { type ComputedFrame, type ComputeOptions, computeFrames } from "./compute.ts";
import { dateOf } from "./days.ts";
import { type CheckedDefinition, checkDefinition, type FrameDefinition } from "./definition.ts";
import { withFrameEngine } from "./engine.ts";
import { fileMetadata } from "./file-metadata.ts";
import { dictionaryOf, type Manifest } from "./manifest.ts";
import { type FrameFormat, type FrameOutput, openOutput } from "./output/index.ts";
import { extractFacts, type PreparedFrames, prepareFrames, requireSeries } from "./prepare.ts";
import type { WarehouseReader } from "./source/reader.ts";
import { withSnapshot } from "./source/snapshot.ts";
import { specHash } from "./specification/index.ts";

export interface FrameRequest extends FrameDefinition {
  /** The training file, or with `partitionBy` a folder. */
  readonly out: string;
  /** Default: follows from the ending of `out`; Parquet for a folder. */
  readonly format?: FrameFormat | undefined;
  /** Columns that become folders in hive layout. Default: none, the frame is one file. */
  readonly partitionBy?: readonly string[] | undefined;
  /** Interrupts the build. Nothing is published, and an earlier frame stays as it was. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a phase starts, and while it runs at most ten times a second. */
  readonly onProgress?: ((progress: FrameProgress) => void) | undefined;
}

/** The phases of building a frame, in their order. */
export const framePhases = ["extract", "compute", "publish"] as const;
export type FramePhase = (typeof framePhases)[number];

/** Progress of a frame: months of tables in the phase `extract`, series in the phase `compute`. */
export type FrameProgress = Progress<FramePhase>;

/** The files of a frame, and its manifest. */
export interface FrameResult {
  /** Path of the training frame: one row per series and period, from the first sale to the cutoff. */
  readonly training: string;
  /** Path of the future frame: one row per series and period of the horizon. */
  readonly future: string;
  readonly manifest_file: string;
  readonly manifest: Manifest;
  /** By phase, to the millisecond. */
  readonly seconds: Readonly<Record<FramePhase, number>>;
}

/**
 * Builds a training frame, the future frame of the days to forecast, and their manifest; see docs/frames.md. Its features use
 * only what was known at the forecast time. The files appear by rename once all of them are complete.
 *
 * @returns the paths of the files, as `out` names them, and the manifest
 * @throws DATE_INVALID, TIME_INVALID, USAGE, FRAME_SPEC_INVALID, FRAME_NO_SALES, FRAME_CUTOFF_OUTSIDE, FRAME_PERIOD_INCOMPLETE,
 * FRAME_SELECTION_UNKNOWN, FRAME_SELECTION_EMPTY, FRAME_CALENDAR_INCOMPLETE, FRAME_SERIES_AMBIGUOUS, FRAME_FORMAT_UNKNOWN, FRAME_OUTPUT_EXISTS,
 * FRAME_PARTITION_INVALID, SCHEMA_MISSING, SPACE_EXHAUSTED, and the errors of files and of connecting
 * @example
 * import { buildFrame, databaseOf } from "forecastlab";
 *
 * const database = databaseOf("postgres://localhost:5432/retail");
 * const { training, manifest } = await buildFrame(database, {
 *   cutoff: "2024-05-14",
 *   horizon: 28,
 *   out: "frame.parquet",
 * });
 * console.log(training, manifest.counts.training_rows);
 */
export async function buildFrame(database: Database, request: FrameRequest): Promise<FrameResult> {
  kinds.requireArguments(
    "buildFrame",
    { database, request },
    { database: kinds.database, request: kinds.object },
  );
  requireOutput("buildFrame", request);
  return buildFrameFrom((work) => withSnapshot(database, request.signal, work), request);
}

/** What the library checks of any request. */
export function requireOutput(name: string, request: object): void {
  kinds.requireArguments(name, request, {
    out: kinds.text,
    "format?": kinds.text,
    "partitionBy?": kinds.texts,
    "onProgress?": kinds.callback,
  });
}

export type WithReader = <T>(work: (reader: WarehouseReader) => Promise<T>) => Promise<T>;

/** The same with any reader, such as one of a database of another kind to compare with, and in blocks of any size. */
export async function buildFrameFrom(
  withReader: WithReader,
  request: FrameRequest,
  options: Pick<ComputeOptions, "blockPeriods"> = {},
): Promise<FrameResult> {
  const definition = await checkDefinition("buildFrame", request);
  const frames = await writeFrames(withReader, definition, {
    ...{ ...options, signal: request.signal, onProgress: request.onProgress },
    outputs: () => [request],
  });
  return frames[0] as FrameResult;
}

/** Where and how a frame is written. */
export type FramePlace = Pick<FrameRequest, "out" | "format" | "partitionBy">;

/**
 * Writes the frames of all cutoffs of a definition from one snapshot, and publishes each.
 *
 * @param options.outputs where each goes, in the order of the cutoffs
 */
export async function writeFrames(
  withReader: WithReader,
  definition: CheckedDefinition,
  options: {
    readonly outputs: () => readonly FramePlace[];
    readonly signal: AbortSignal | undefined;
    readonly onProgress: FrameRequest["onProgress"];
    readonly blockPeriods?: number | undefined;
  },
): Promise<FrameResult[]> {
  const clock = phaseClock(framePhases, options.onProgress);
  return withFrameEngine(options.signal, async (engine) => {
    const { prepared, outputs } = await extract(engine, withReader, definition, options.outputs, clock);
    clock.enter("compute");
    try {
      const computed = await computeFrames(engine, prepared.plan, prepared.folds, {
        append: (fold, kind, sql) => (outputs[fold] as FrameOutput).append(kind, sql),
        onBlock: clock.progress,
        blockPeriods: options.blockPeriods,
      });
      clock.enter("publish");
      const published: Omit<FrameResult, "seconds">[] = [];
      for (const [index, output] of outputs.entries()) {
        const manifest = await output.publish((files) =>
          manifestOf(prepared, index, computed[index] as ComputedFrame, files),
        );
        const { training, future, manifest: manifest_file } = output;
        published.push({ training, future, manifest_file, manifest });
      }
      const seconds = clock.stop();
      return published.map((frame) => ({ ...frame, seconds }));
    } catch (error) {
      for (const output of outputs) await output.discard();
      throw error;
    }
  });
}

/** Everything that needs the warehouse, which is released afterwards: the plan, the outputs, the facts in the engine. */
async function extract(
  engine: Engine,
  withReader: WithReader,
  definition: CheckedDefinition,
  places: () => readonly FramePlace[],
  clock: PhaseClock<FramePhase>,
): Promise<{ readonly prepared: PreparedFrames; readonly outputs: readonly FrameOutput[] }> {
  return withReader(async (reader) => {
    const prepared = await prepareFrames(reader, definition);
    const outputs: FrameOutput[] = [];
    try {
      for (const [index, { out, format, partitionBy }] of places().entries()) {
        const columnsIn = (frame: FrameKind) =>
          (prepared.folds[index]?.columns ?? []).filter(({ frames }) => frames.includes(frame));
        const [training, future] = [columnsIn("training"), columnsIn("future")];
        const metadata = (frame: FrameKind) =>
          fileMetadata({ ...definition, cutoff: definition.cutoffs[index] ?? "" }, frame);
        outputs.push(await openOutput(engine, { out, format, partitionBy, training, future, metadata }));
      }
      await extractFacts(engine, reader, prepared, clock.progress);
      await requireSeries(engine, prepared);
      return { prepared, outputs };
    } catch (error) {
      for (const output of outputs) await output.discard();
      throw error;
    }
  });
}

/** The manifest of the frame of a cutoff. @param index of the cutoff */
export function manifestOf(
  { definition, folds, loads, not_reconstructed }: PreparedFrames,
  index: number,
  { counts, missing, readiness, statistics, cadence }: ComputedFrame,
  files: Manifest["files"],
): Manifest {
  const prepared = folds[index] as PreparedFrames["folds"][number];
  const { fold, columns, left_out, offers } = prepared;
  const { spec, horizon, knownAt } = definition;
  return {
    manifest_version: 2,
    forecastlab: version,
    cutoff: fold.cutoff,
    known_until: dateOf(fold.knownUntil),
    horizon,
    known_at: knownAt,
    spec,
    spec_sha256: specHash(spec),
    loads,
    counts,
    readiness,
    files,
    columns: dictionaryOf(columns, horizon, statistics),
    left_out,
    offers,
    cadence,
    missing: { list_price: missing },
    not_reconstructed,
  };
}
