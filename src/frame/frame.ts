import type { Database } from "../database/connection.ts";
import type { Engine } from "../duckdb/engine.ts";
import * as kinds from "../system/arguments.ts";
import { type PhaseClock, type Progress, phaseClock } from "../system/phase-clock.ts";
import { version } from "../system/version.ts";
import type { FrameKind } from "./columns.ts";
import { type ComputedFrame, type ComputeOptions, computeFrame } from "./compute.ts";
import { type CheckedDefinition, checkDefinition, type FrameDefinition } from "./definition.ts";
import { withFrameEngine } from "./engine.ts";
import { dictionaryOf, type Manifest } from "./manifest.ts";
import { type FrameFormat, type FrameOutput, openOutput } from "./output/index.ts";
import { extractFacts, type PreparedFrame, prepareFrame, requireSeries } from "./prepare.ts";
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
  /** Path of the training frame: one row per series and day, from the first sale to the cutoff. */
  readonly training: string;
  /** Path of the future frame: one row per series and day of the horizon. */
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
 * @throws DATE_INVALID, TIME_INVALID, USAGE, FRAME_SPEC_INVALID, FRAME_NO_SALES, FRAME_CUTOFF_OUTSIDE, FRAME_SELECTION_UNKNOWN,
 * FRAME_SELECTION_EMPTY, FRAME_CALENDAR_INCOMPLETE, FRAME_SERIES_AMBIGUOUS, FRAME_FORMAT_UNKNOWN, FRAME_OUTPUT_EXISTS,
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
  kinds.requireArguments("buildFrame", request, {
    out: kinds.text,
    "format?": kinds.text,
    "partitionBy?": kinds.texts,
    "onProgress?": kinds.callback,
  });
  return buildFrameFrom((work) => withSnapshot(database, request.signal, work), request);
}

type WithReader = <T>(work: (reader: WarehouseReader) => Promise<T>) => Promise<T>;

/** The same with any reader, such as one of a database of another kind to compare with, and in blocks of any size. */
export async function buildFrameFrom(
  withReader: WithReader,
  request: FrameRequest,
  { blockDays }: Pick<ComputeOptions, "blockDays"> = {},
): Promise<FrameResult> {
  const definition = await checkDefinition("buildFrame", request);
  const clock = phaseClock(framePhases, request.onProgress);
  return withFrameEngine(request.signal, async (engine) => {
    const { prepared, output } = await extract(engine, withReader, definition, request, clock);
    clock.enter("compute");
    try {
      const computed = await computeFrame(engine, prepared.plan, {
        append: (kind, sql) => output.append(kind, sql),
        onBlock: clock.progress,
        blockDays,
      });
      clock.enter("publish");
      const manifest = await output.publish((files) => manifestOf(prepared, computed, files));
      const { training, future, manifest: manifest_file } = output;
      return { training, future, manifest_file, manifest, seconds: clock.stop() };
    } catch (error) {
      await output.discard();
      throw error;
    }
  });
}

/** Everything that needs the warehouse, which is released afterwards: the plan, the output, the facts in the engine. */
async function extract(
  engine: Engine,
  withReader: WithReader,
  definition: CheckedDefinition,
  { out, format, partitionBy }: FrameRequest,
  clock: PhaseClock<FramePhase>,
): Promise<{ readonly prepared: PreparedFrame; readonly output: FrameOutput }> {
  return withReader(async (reader) => {
    const prepared = await prepareFrame(reader, definition);
    const columnsIn = (frame: FrameKind) =>
      prepared.plan.columns.filter(({ frames }) => frames.includes(frame));
    const output = await openOutput(engine, {
      out,
      format,
      partitionBy,
      training: columnsIn("training"),
      future: columnsIn("future"),
    });
    try {
      await extractFacts(engine, reader, prepared, clock.progress);
      await requireSeries(engine, prepared);
      return { prepared, output };
    } catch (error) {
      await output.discard();
      throw error;
    }
  });
}

function manifestOf(
  prepared: PreparedFrame,
  { counts, missing }: ComputedFrame,
  files: Manifest["files"],
): Manifest {
  const { definition, plan, loads, left_out, not_reconstructed } = prepared;
  const { spec, cutoff, horizon, knownAt } = definition;
  return {
    manifest_version: 1,
    forecastlab: version,
    cutoff,
    horizon,
    known_at: knownAt,
    spec,
    spec_sha256: specHash(spec),
    loads,
    counts,
    files,
    columns: dictionaryOf(plan.columns, horizon),
    left_out,
    missing: { list_price: missing },
    not_reconstructed,
  };
}
