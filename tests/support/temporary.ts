import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, realpathSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A temporary folder for a server's data, in memory where the machine has enough: what the tests throw away need not be
 * written to a disk, and above all not be deleted from one. Others can pass through it, because as root the server runs
 * as another user.
 */
export function temporaryDataFolder(prefix: string): string {
  const folder = realpathSync(mkdtempSync(join(roomInMemory() ? "/dev/shm" : tmpdir(), prefix)));
  chmodSync(folder, 0o711);
  return folder;
}

/** Node's own way takes seconds for the thousands of files of a few servers. */
export function removeFolder(folder: string): void {
  execFileSync("rm", ["-rf", folder]);
}

function roomInMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    return bavail * bsize > 4 * 2 ** 30;
  } catch {
    return false;
  }
}
