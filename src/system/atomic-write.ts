import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm, writeFile } from "node:fs/promises";

/** The content of a file: a text, or bytes that arrive piece by piece. */
export type FileContent = string | AsyncIterable<Uint8Array>;

/**
 * Writes a file completely or not at all: a reader sees either the old file or the new one. It is written under a new random
 * name next to the path and then renamed, so that no existing file or link is followed or written to.
 *
 * @param options.mode permissions of the new file; default: those of any new file of this user
 * @param options.owner user and group that it belongs to; default: this user's
 * @throws errors of the file system
 */
export async function replaceFile(
  path: string,
  content: FileContent,
  {
    mode = 0o666,
    owner,
  }: {
    readonly mode?: number;
    readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  } = {},
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const file = await open(temporary, "wx", mode);
    try {
      if (owner !== undefined) await file.chown(owner.uid, owner.gid);
      await writeFile(file, content);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Makes the content of a file outlast a power cut. */
export async function syncFile(path: string): Promise<void> {
  await withHandle(await open(path, "r+"), (file) => file.datasync());
}

/**
 * Makes the names in a folder outlast a power cut: files that were renamed into it. Does nothing if the system cannot do
 * that (Windows and some network disks).
 */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  if (handle === undefined) return;
  await withHandle(handle, (opened) => opened.sync().catch(() => {}));
}

async function withHandle(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file);
  } finally {
    await file.close();
  }
}
