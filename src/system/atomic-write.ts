import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm, writeFile } from "node:fs/promises";

/** The content of a file: a text, or bytes that arrive piece by piece. */
export type FileContent = string | AsyncIterable<Uint8Array>;

export interface NewFile {
  /** Permissions; default: those of any new file of this user. */
  readonly mode?: number;
  /** User and group that it belongs to; default: this user's. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * Writes a file completely or not at all: a reader sees either the old file or the new one. It is written under a new random
 * name next to the path and then renamed, so that no existing file or link is followed or written to.
 *
 * @throws errors of the file system
 */
export async function replaceFile(path: string, content: FileContent, options: NewFile = {}): Promise<void> {
  await withWritten(path, content, options, (written) => rename(written, path));
}

/**
 * Writes a new file under the first of these names that nothing has yet, neither a file nor a link nor anything else. All
 * names are in one folder. Two writers never get the same name.
 *
 * @returns the name
 * @throws EEXIST if every name is taken, and other errors of the file system
 */
export async function createFile(
  names: readonly [string, ...string[]],
  content: FileContent,
  options: NewFile = {},
): Promise<string> {
  return withWritten(names[0], content, options, async (written) => {
    const name = await reserve(names, options.mode);
    try {
      await rename(written, name);
    } catch (error) {
      await rm(name, { force: true }).catch(() => {});
      throw error;
    }
    return name;
  });
}

/** Writes a file under a random name next to a path, for the work to rename; it is removed if anything fails. */
async function withWritten<T>(
  path: string,
  content: FileContent,
  { mode = 0o666, owner }: NewFile,
  work: (written: string) => Promise<T>,
): Promise<T> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await withHandle(await open(temporary, "wx", mode), async (file) => {
      if (owner !== undefined) await file.chown(owner.uid, owner.gid);
      await writeFile(file, content);
    });
    return await work(temporary);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Makes an empty file under the first name that is free. A rename alone would replace what has the name by then. */
async function reserve(names: readonly string[], mode?: number): Promise<string> {
  for (const [index, name] of names.entries()) {
    try {
      await (await open(name, "wx", mode)).close();
      return name;
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === "EEXIST";
      if (!taken || index === names.length - 1) throw error;
    }
  }
  throw new Error("no name to reserve");
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
