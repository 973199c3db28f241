import { constants, type FileHandle, mkdir, open } from "node:fs/promises";
import { fail } from "../../errors.ts";
import type { Account } from "./os-user.ts";

/**
 * Makes a folder that only its owner can enter: the account, or the user running the command. One that is there is
 * closed to others and handed over.
 *
 * @throws EMBEDDED_HOME_UNUSABLE
 */
export async function privateFolder(folder: string, account: Account | undefined): Promise<void> {
  await madeFolder(folder, 0o700, async (handle) => {
    const found = await handle.stat();
    if ((found.mode & 0o077) !== 0) await handle.chmod(0o700);
    if (account !== undefined && found.uid !== account.uid) await handle.chown(account.uid, account.gid);
  });
}

/**
 * A folder of root's that everybody can pass through, as those below /var/lib are.
 *
 * @throws EMBEDDED_HOME_UNUSABLE
 */
export async function publicFolder(folder: string): Promise<void> {
  await madeFolder(folder, 0o755, (handle) => handle.chmod(0o755));
}

async function madeFolder(
  folder: string,
  mode: number,
  adjust: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  try {
    await mkdir(folder, { mode }).catch(ignore("EEXIST"));
    // Windows has no modes, and folders cannot be opened there.
    if (process.platform === "win32") return;
    // Root must not be led by a link to change a folder it did not mean.
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

export function ignore(code: string): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== code) throw error;
  };
}

/** What the system said about a folder, in words. */
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
