import { randomBytes } from "node:crypto";
import { constants, type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Account } from "./os-user.ts";

/**
 * Writes a file only its owner can read: complete or not at all. When root writes into the folder of another user, that
 * user could have put a link there: nothing is followed, the file is always a new one.
 */
export async function writePrivate(path: string, text: string, account: Account | undefined): Promise<void> {
  const unfinished = `${path}.${randomBytes(4).toString("hex")}`;
  const file = await open(unfinished, "wx", 0o600);
  try {
    if (account !== undefined) await file.chown(account.uid, account.gid);
    await file.writeFile(text);
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

/** Windows does not know it. */
const noFollow = constants.O_NOFOLLOW ?? 0;

const log_bytes = 10_000_000;

/**
 * Opens the server's log for appending. Beyond ten megabytes it starts anew and the old one is kept as `.1`; the server
 * appends wherever the end is, so a running one is cut back too.
 */
export async function openLog(path: string, account: Account | undefined): Promise<FileHandle> {
  const { O_APPEND, O_CREAT, O_RDWR } = constants;
  const file = await open(path, O_APPEND | O_CREAT | O_RDWR | noFollow, 0o600);
  if (account !== undefined) await file.chown(account.uid, account.gid);
  if ((await file.stat()).size > log_bytes) {
    await writePrivate(`${path}.1`, await file.readFile("utf8"), account);
    await file.truncate(0);
  }
  return file;
}

/** Makes a rename in the folder outlast a power cut. Windows cannot open folders, and needs it less. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The text of a file; undefined where there is none. */
export async function textOf(path: string): Promise<string | undefined> {
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

export async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
