import type { Database } from "../database/connection.ts";
import { type Engine, withEngine } from "../duckdb/engine.ts";
import { type PhaseClock, type Progress, phaseClock } from "../system/phase-clock.ts";
import { version } from "../system/version.ts";
import type { FrameKind } from "./columns.ts";
import { type Computed, type Computing, computeFrame } from "./compute.ts";
import { type CheckedDefinition, checkDefinition, type FrameDefinition } from "./definition.ts";
import { dictionaryOf, type Manifest } from "./manifest.ts";
import { type FrameFormat, type FrameOutput, openOutput } from "./output/index.ts";
import { type Planned, planFor, requireSeries, stageFrame } from "./prepare.ts";
import { withSnapshot } from "./source/snapshot.ts";
import type { Source } from "./source/source.ts";
import { specHash } from "./specification/index.ts";

export interface FrameRequest extends FrameDefinition {
  /** The training file, or with `partitionBy` a folder. */
  readonly out: string;
  /** Default: what the ending of `out` says. */
  readonly format?: FrameFormat | undefined;
  /** Columns that become folders. */
  readonly partitionBy?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FrameProgress) => void) | undefined;
}

/** The phases of making a frame, in their order. */
export const framePhases = ["extract", "compute", "publish"] as const;
export type FramePhase = (typeof framePhases)[number];

/** How far a frame has come: months of tables while it extracts, series while it computes. */
export type FrameProgress = Progress<FramePhase>;

/** Where the frame stands, and its manifest. */
export interface FrameResult {
  /** Grain: one row a series and day, from its first sale to the cutoff. */
  readonly training: string;
  /** Grain: one row a series and day of the horizon. */
  readonly future: string;
  readonly manifest_file: string;
  readonly manifest: Manifest;
  /** By phase. */
  readonly seconds: Readonly<Record<FramePhase, number>>;
}

/**
 * Makes a training frame and the frame of the days to come, without anything in them that could not have been known; see
 * docs/frames.md. The files appear when all of them are complete.
 *
 * @throws FRAME_SPEC_INVALID, FRAME_NO_SALES, FRAME_CUTOFF_OUTSIDE, FRAME_SELECTION_UNKNOWN, FRAME_SELECTION_EMPTY,
 * FRAME_CALENDAR_INCOMPLETE, FRAME_SERIES_AMBIGUOUS, and what {@link openOutput} and the connection throw
 */
export function frame(database: Database, request: FrameRequest): Promise<FrameResult> {
  return frameOf((work) => withSnapshot(database, request.signal, work), request);
}

/** The same from any source, in blocks of any size: a warehouse, or for comparison a database of another kind. */
export async function frameOf(
  withSource: WithSource,
  request: FrameRequest,
  { blockDays }: Pick<Computing, "blockDays"> = {},
): Promise<FrameResult> {
  const { signal } = request;
  const definition = await checkDefinition(request);
  const clock = phaseClock(framePhases, request.onProgress);
  const work = async (engine: Engine): Promise<FrameResult> => {
    // A window's count stands in several statistics; without TRYs there is nothing to lose by computing it once.
    await engine.run("SET disabled_optimizers = ''");
    const { planned, output } = await begin(engine, withSource, definition, request, clock);
    clock.enter("compute");
    try {
      const computed = await computeFrame(engine, planned.plan, {
        append: (kind, sql) => output.append(kind, sql),
        onBlock: clock.progress,
        blockDays,
      });
      clock.enter("publish");
      const manifest = await output.publish((files) => manifestOf(planned, computed, files));
      const { training, future, manifest: manifest_file } = output;
      return { training, future, manifest_file, manifest, seconds: clock.stop() };
    } catch (error) {
      await output.discard();
      throw error;
    }
  };
  return withEngine(signal, work, { memory_mb });
}

type WithSource = <T>(work: (source: Source) => Promise<T>) => Promise<T>;

/** What leaves room for the rest of the process below 1.5 GB; beyond it the engine spills. */
const memory_mb = 800;

/** All that needs the warehouse, which is let go then: the plan, a place for the files, the facts in the engine. */
async function begin(
  engine: Engine,
  withSource: WithSource,
  definition: CheckedDefinition,
  { out, format, partitionBy }: FrameRequest,
  clock: PhaseClock<FramePhase>,
): Promise<{ readonly planned: Planned; readonly output: FrameOutput }> {
  return withSource(async (source) => {
    const planned = await planFor(source, definition);
    const shown = (frame: FrameKind) => planned.plan.columns.filter(({ frames }) => frames.includes(frame));
    const output = await openOutput(engine, {
      out,
      format,
      partitionBy,
      training: shown("training"),
      future: shown("future"),
    });
    try {
      await stageFrame(engine, source, planned, clock.progress);
      await requireSeries(engine, planned);
      return { planned, output };
    } catch (error) {
      await output.discard();
      throw error;
    }
  });
}

function manifestOf(planned: Planned, { counts, missing }: Computed, files: Manifest["files"]): Manifest {
  const { definition, plan, loads, left_out, not_reconstructed } = planned;
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
