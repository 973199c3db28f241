import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fail } from "../../errors.ts";
import type { Place } from "./place.ts";

/** Where the complete frame waits, file by file as at its place. */
export type Staged = Pick<Place, "out" | "training" | "future" | "manifest">;

/**
 * Files take the place of an earlier frame's: its manifest goes first and the new one comes last, so that whenever there is a
 * manifest, the files are those it describes.
 */
export async function publishFiles(staged: Staged, place: Place): Promise<void> {
  await rm(place.manifest, { force: true });
  await forceNames(place.parent);
  await rename(staged.training, place.training);
  await rename(staged.future, place.future);
  await forceNames(place.parent);
  await rename(staged.manifest, place.manifest);
  await forceNames(place.parent);
}

/**
 * A folder takes the place of an earlier frame's as a whole.
 *
 * @param aside where that one goes, to be removed
 * @throws FRAME_OUTPUT_EXISTS when another frame is put there at the same time
 */
export async function publishFolder(staged: Staged, place: Place, aside: string): Promise<void> {
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
  await forceNames(place.parent);
}

/** Forces a new file's content to the disk. */
export async function forceContent(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Forces the names in a folder to the disk where the system can do that: Windows and some network disks cannot. */
export async function forceNames(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** The folders that hold files, and those above them up to a folder. */
export function foldersOf(paths: readonly string[], upTo: string): string[] {
  const folders = new Set<string>([upTo]);
  for (const path of paths) {
    for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  }
  return [...folders];
}
