import { constants, type FileHandle, open, rm } from "node:fs/promises";
import { replaceFile } from "../../system/atomic-write.ts";
import type { OsUser } from "./os-user.ts";

/**
 * Writes a file that only its owner can read; a reader sees either the old text or the new one. In the folder of another user
 * root must not follow a link that the user put there, so the file is always a new one.
 */
export async function writePrivate(path: string, text: string, osUser: OsUser | undefined): Promise<void> {
  await replaceFile(path, text, { mode: 0o600, owner: osUser });
}

/** Not defined on Windows. */
const noFollow = constants.O_NOFOLLOW ?? 0;

const maxLogSize_bytes = 10_000_000;

/**
 * Opens the log of the server for appending. A log of more than ten megabytes is copied to `.1` and truncated, also while the
 * server runs: it appends at the current end of the file.
 */
export async function openLog(path: string, osUser: OsUser | undefined): Promise<FileHandle> {
  const { O_APPEND, O_CREAT, O_RDWR } = constants;
  const file = await open(path, O_APPEND | O_CREAT | O_RDWR | noFollow, 0o600);
  if (osUser !== undefined) await file.chown(osUser.uid, osUser.gid);
  if ((await file.stat()).size > maxLogSize_bytes) {
    await writePrivate(`${path}.1`, await file.readFile("utf8"), osUser);
    await file.truncate(0);
  }
  return file;
}

/** The text of a file; undefined if it does not exist. */
export async function readIfExists(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | noFollow);
    try {
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Removes a file or folder with everything in it, if it exists. */
export async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
