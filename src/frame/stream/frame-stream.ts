import type { Database } from "../../database/connection.ts";
import type { Chunk } from "../../duckdb/chunks.ts";
import * as kinds from "../../system/arguments.ts";
import { phaseClock } from "../../system/phase-clock.ts";
import type { FrameKind } from "../columns.ts";
import { type ComputedFrame, type ComputeOptions, computeFrames } from "../compute.ts";
import { checkDefinition, type FrameDefinition } from "../definition.ts";
import { withFrameEngine } from "../engine.ts";
import { fileMetadata } from "../file-metadata.ts";
import { type FrameProgress, framePhases, manifestOf, type WithReader } from "../frame.ts";
import type { Manifest } from "../manifest.ts";
import type { FileMetadata, OutputColumn } from "../output/frame-file.ts";
import { requireColumns } from "../output/frame-writer.ts";
import { extractFacts, prepareFrames, requireSeries } from "../prepare.ts";
import { produced } from "./produced.ts";

export interface FrameStreamRequest extends FrameDefinition {
  /** Which of the two frames. Default: `training`. */
  readonly frame?: FrameKind | undefined;
  /** Interrupts the build, also between two items. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a phase starts, and while it runs at most ten times a second. There is no phase `publish`. */
  readonly onProgress?: ((progress: FrameProgress) => void) | undefined;
}

/**
 * A frame piece by piece, in the order of its file. Nothing happens until the first item is asked for. Every iteration builds the
 * frame, from a snapshot of its own; it ends, and leaves nothing behind, when the loop is left.
 */
export interface FrameStream<Item> extends AsyncIterable<Item> {
  /**
   * What the frame contains: the manifest of its files, without files. Its counts are known at the end, so it is undefined until
   * an iteration has taken all items.
   */
  manifest(): Manifest | undefined;
}

/** Makes items of chunks of rows. */
export interface Pieces<Item> {
  /** The items that are complete with these rows. */
  take(chunk: Chunk): Iterable<Item>;
  /** The items of the rows that are left at the end. */
  rest(): Iterable<Item>;
}

/** Begins a frame with these columns. */
export type OpenPieces<Item> = (
  columns: readonly OutputColumn[],
  metadata: FileMetadata,
) => Promise<Pieces<Item>>;

/** The public function, for messages. */
interface StreamOptions {
  readonly of?: "frameRows" | "frameBatches";
}

/** What can be checked before anything is read. @throws ARGUMENT_INVALID */
export function requireStream(name: string, database: Database, request: FrameStreamRequest): void {
  kinds.requireArguments(name, { database, request }, { database: kinds.database, request: kinds.object });
  kinds.requireArguments(name, request, {
    "frame?": kinds.oneOf(["training", "future"]),
    "signal?": kinds.signal,
    "onProgress?": kinds.callback,
  });
}

/** A stream of pieces. Each is computed when it is asked for; at most one block of series is computed and not yet taken. */
export function frameStream<Item>(
  withReader: WithReader,
  request: FrameStreamRequest,
  open: OpenPieces<Item>,
  options: Pick<ComputeOptions, "blockPeriods"> & StreamOptions = {},
): FrameStream<Item> {
  let manifest: Manifest | undefined;
  return {
    [Symbol.asyncIterator]: () =>
      produced<Item>(async (put) => {
        manifest = await computePieces(withReader, request, { ...options, open, put });
      }, request.signal),
    manifest: () => manifest,
  };
}

async function computePieces<Item>(
  withReader: WithReader,
  request: FrameStreamRequest,
  {
    open,
    put,
    blockPeriods,
    of = "frameRows",
  }: Pick<ComputeOptions, "blockPeriods"> &
    StreamOptions & {
      readonly open: OpenPieces<Item>;
      readonly put: (item: Item) => Promise<void>;
    },
): Promise<Manifest> {
  const { frame = "training", signal, onProgress } = request;
  const definition = await checkDefinition(of, request);
  const clock = phaseClock(framePhases, onProgress);
  return withFrameEngine(signal, async (engine) => {
    const prepared = await withReader(async (reader) => {
      const planned = await prepareFrames(reader, definition);
      await extractFacts(engine, reader, planned, clock.progress);
      await requireSeries(engine, planned);
      return planned;
    });
    clock.enter("compute");
    const columns = (prepared.folds[0]?.columns ?? []).filter(({ frames }) => frames.includes(frame));
    const pieces = await open(columns, fileMetadata({ ...definition, cutoff: request.cutoff }, frame));
    const append = async (_fold: number, kind: FrameKind, sql: string) => {
      // The manifest counts the rows of both frames.
      if (kind !== frame) return engine.count(`SELECT count(*) FROM (${sql})`);
      await requireColumns(engine, columns, sql);
      let rows = 0;
      for await (const chunk of engine.chunks(sql)) {
        rows += chunk.rows;
        for (const piece of pieces.take(chunk)) await put(piece);
      }
      return rows;
    };
    const [computed] = await computeFrames(engine, prepared.plan, prepared.folds, {
      ...{ append, onBlock: clock.progress, blockPeriods },
    });
    for (const piece of pieces.rest()) await put(piece);
    return manifestOf(prepared, 0, computed as ComputedFrame, []);
  });
}
