import { constants, type FileHandle, mkdir, open } from "node:fs/promises";
import { fail } from "../../errors.ts";
import type { OsUser } from "./os-user.ts";
import { runProgram } from "./programs.ts";

/**
 * Makes sure that a folder exists and that only its owner can enter it. An existing folder is closed to others and given to
 * the owner.
 *
 * @param osUser the owner; undefined for the user running the command
 * @throws EMBEDDED_HOME_UNUSABLE
 */
export async function ensurePrivateFolder(folder: string, osUser: OsUser | undefined): Promise<void> {
  await ensureFolder(folder, 0o700, async (handle) => {
    const found = await handle.stat();
    if ((found.mode & 0o077) !== 0) await handle.chmod(0o700);
    if (osUser !== undefined && found.uid !== osUser.uid) await handle.chown(osUser.uid, osUser.gid);
  });
}

/**
 * Makes sure that a folder of root's exists and that every user can enter it, like the folders in /var/lib.
 *
 * @throws EMBEDDED_HOME_UNUSABLE
 */
export async function ensurePublicFolder(folder: string): Promise<void> {
  await ensureFolder(folder, 0o755, (handle) => handle.chmod(0o755));
}

async function ensureFolder(
  folder: string,
  mode: number,
  adjust: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  try {
    await mkdir(folder, { mode }).catch(ignore("EEXIST"));
    // Windows has no modes and cannot open folders.
    if (process.platform === "win32") return;
    // A link must not make root change another folder.
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      await adjust(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unusableFolder(folder, error);
  }
}

/**
 * Whether a user may enter a folder. A program run as the user tries it, because mode bits are not enough: the folders above,
 * access lists and security modules count too.
 *
 * @throws EMBEDDED_ACCOUNT_UNUSABLE if the command may not run programs as the user
 */
export async function mayEnter(osUser: OsUser, folder: string): Promise<boolean> {
  const { status, reason } = await runProgram("/bin/sh", ["-c", 'cd -- "$1"', "sh", folder], { osUser });
  if (status !== undefined) return status === 0;
  throw fail("EMBEDDED_ACCOUNT_UNUSABLE", {
    reason: `the command may not run a program as the user ${osUser.name} (${reason})`,
  });
}

/** An error handler that ignores errors with the code and throws all others. */
export function ignore(code: string): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== code) throw error;
  };
}

/** The EMBEDDED_HOME_UNUSABLE error for an error of the system. */
export function unusableFolder(folder: string, error: unknown): Error {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return fail("EMBEDDED_HOME_UNUSABLE", { folder, reason: reasons[code] ?? message }, error);
}

const reasons: Record<string, string> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENOENT: "it does not exist",
  ENOTDIR: "it is not a folder",
  EEXIST: "it is not a folder",
  ELOOP: "it is a link",
};
