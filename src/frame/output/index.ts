import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { syncFile, syncFolder } from "../../system/atomic-write.ts";
import { asFileFailure } from "../../system/file-failures.ts";
import { makePrivateFolder } from "../../system/private-folder.ts";
import type { FrameKind } from "../columns.ts";
import type { FileMetadata, FinishedFile, OutputColumn } from "./frame-file.ts";
import { frameWriter } from "./frame-writer.ts";
import { type FrameFormat, placeOf } from "./place.ts";
import { foldersOf, publishFiles, publishFolder } from "./publish.ts";
import { requirePartitionColumns } from "./require-partition-columns.ts";
import { requirePlace } from "./require-place.ts";

export type { OutputColumn } from "./frame-file.ts";
export type { FrameFormat } from "./place.ts";

export interface OutputRequest {
  /** The training file, or the folder of a partitioned frame. */
  readonly out: string;
  /** Default: follows from the ending of the name; Parquet for a folder. */
  readonly format?: FrameFormat | undefined;
  readonly partitionBy?: readonly string[] | undefined;
  readonly training: readonly OutputColumn[];
  readonly future: readonly OutputColumn[];
  /** Key-value metadata of the files of a frame, which CSV does not have. Default: none. */
  readonly metadata?: ((frame: FrameKind) => FileMetadata) | undefined;
}

/** A file as the manifest lists it: its path is relative to the manifest, with slashes. */
export interface OutputFile extends FinishedFile {
  readonly path: string;
  readonly frame: FrameKind;
}

/** A training frame and a future frame that are being written. They appear in their place when both are complete. */
export interface FrameOutput {
  /** Paths as they will be. */
  readonly training: string;
  readonly future: string;
  readonly manifest: string;
  /**
   * Appends the rows of a query of DuckDB to one of the frames, in their order. The bytes are the same every time only if the query
   * orders all its rows. Nothing else may run on the engine meanwhile.
   *
   * @returns how many rows were appended
   * @throws FRAME_PARTITION_INVALID, SPACE_EXHAUSTED, FILE_UNWRITABLE
   */
  append(frame: FrameKind, sql: string): Promise<number>;
  /**
   * Completes the files, syncs them to the disk, and puts them in their place, where they replace an earlier frame; the manifest last.
   *
   * @param manifestOf makes the manifest, which is written as JSON
   * @returns the manifest
   * @throws FILE_NOT_PERMITTED, FILE_UNWRITABLE
   */
  publish<Manifest extends object>(manifestOf: (files: readonly OutputFile[]) => Manifest): Promise<Manifest>;
  /** Removes everything that was written; after `publish` there is nothing to remove. */
  discard(): Promise<void>;
}

/**
 * Opens the files of a frame, and throws before anything is computed if the frame cannot be written to its place. Until it is
 * published, the frame is written to a folder next to its place. Only this user can read the folder, its name starts with a
 * dot, and the engine must be able to write there. It is removed when the process ends, or by the next run if the process was
 * killed.
 *
 * @throws FRAME_FORMAT_UNKNOWN, FRAME_OUTPUT_EXISTS, FRAME_PARTITION_INVALID, FILE_NOT_PERMITTED, FILE_UNWRITABLE
 */
export async function openOutput(engine: Engine, request: OutputRequest): Promise<FrameOutput> {
  const partitionBy = request.partitionBy ?? [];
  const partitioned = partitionBy.length > 0;
  const place = placeOf(request.out, request.format, partitioned);
  if (partitioned) requirePartitionColumns(partitionBy, place.format, request);
  try {
    requirePlace(place, partitioned);
  } catch (error) {
    throw asFileFailure(error, place.out, "written");
  }

  const work = makePrivateFolder({ parent: resolve(place.parent), name: ".forecastlab-frame" });
  // Within it, files and folders have the usual permissions of this user.
  const here = join(work.path, "frame");
  mkdirSync(here);
  const stagedAt = (path: string) => join(here, partitioned ? relative(place.out, path) : basename(path));
  const staged = {
    out: here,
    training: stagedAt(place.training),
    future: stagedAt(place.future),
    manifest: stagedAt(place.manifest),
  };
  const part = join(work.path, "part");
  const writer = (frame: FrameKind) =>
    frameWriter(engine, {
      format: place.format,
      path: staged[frame],
      columns: request[frame],
      metadata: request.metadata?.(frame) ?? {},
      partitionBy,
      part,
    });
  const writers = { training: writer("training"), future: writer("future") };

  const publish = async <Manifest extends object>(
    manifestOf: (files: readonly OutputFile[]) => Manifest,
  ): Promise<Manifest> => {
    const root = dirname(place.manifest);
    const listed = async (frame: FrameKind, at: string): Promise<OutputFile[]> =>
      (await writers[frame].finish()).map(({ path, ...file }) => ({
        path: relative(root, join(at, path)).replaceAll("\\", "/"),
        frame,
        ...file,
      }));
    const files = [...(await listed("training", place.training)), ...(await listed("future", place.future))];
    const manifest = manifestOf(files);
    await writeFile(staged.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
    await syncFile(staged.manifest);
    engine.signal?.throwIfAborted();
    if (partitioned) {
      const paths = files.map(({ path }) => join(here, path));
      for (const folder of foldersOf(paths, here)) await syncFolder(folder);
      await publishFolder(staged, place, join(work.path, "replaced"));
    } else await publishFiles(staged, place);
    work.remove();
    return manifest;
  };
  const failing = (error: unknown): never => {
    throw asOutputFailure(error, work.path, place.out);
  };
  return {
    training: place.training,
    future: place.future,
    manifest: place.manifest,
    append: (frame, sql) => writers[frame].append(sql).catch(failing),
    publish: (manifestOf) => publish(manifestOf).catch(failing),
    discard: async () => work.remove(),
  };
}

/** DuckDB reports a full disk only in the text of its error. It is the disk of the output if the text names a file there. */
function asOutputFailure(error: unknown, folder: string, out: string): unknown {
  const { message = "", code } = error as NodeJS.ErrnoException;
  const full = code === "ENOSPC" || code === "EDQUOT" || /No space left|Disk quota exceeded/.test(message);
  return full && (code !== undefined || message.includes(folder))
    ? fail("FILE_UNWRITABLE", { path: out, reason: "there is no space left on its disk" }, error)
    : asFileFailure(error, out, "written");
}
