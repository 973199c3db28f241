import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fail } from "../../errors.ts";
import { syncFolder } from "../../system/atomic-write.ts";
import type { Place } from "./place.ts";

/** Paths of the complete frame before it is in its place. */
export type StagedFrame = Pick<Place, "out" | "training" | "future" | "manifest">;

/**
 * Replaces the files of an earlier frame. Its manifest is removed first and the new one is put in place last, so that a manifest
 * always describes the files next to it.
 */
export async function publishFiles(staged: StagedFrame, place: Place): Promise<void> {
  await rm(place.manifest, { force: true });
  await syncFolder(place.parent);
  await rename(staged.training, place.training);
  await rename(staged.future, place.future);
  await syncFolder(place.parent);
  await rename(staged.manifest, place.manifest);
  await syncFolder(place.parent);
}

/**
 * Replaces the folder of an earlier frame as a whole.
 *
 * @param aside where the earlier folder is moved, to be removed
 * @throws FRAME_OUTPUT_EXISTS if another frame is put there at the same time
 */
export async function publishFolder(
  staged: Pick<StagedFrame, "out">,
  place: Pick<Place, "out" | "parent">,
  aside: string,
): Promise<void> {
  const replaced = await rename(place.out, aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
  try {
    await rename(staged.out, place.out);
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) {
      const problem = "another frame appeared there meanwhile";
      throw fail("FRAME_OUTPUT_EXISTS", { path: place.out, problem }, error);
    }
    if (replaced) await rename(aside, place.out);
    throw error;
  }
  await syncFolder(place.parent);
}

/** The folders of files, and those above them up to a folder. */
export function foldersOf(paths: readonly string[], upTo: string): string[] {
  const folders = new Set<string>([upTo]);
  for (const path of paths) {
    for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  }
  return [...folders];
}
