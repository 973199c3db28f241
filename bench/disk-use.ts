import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const every_ms = 250;

/** Runs the work, and looks meanwhile how much the folder holds on disk: 10^6 bytes at most. */
export async function withDiskUse<T>(
  folder: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly most_mb: number }> {
  let most = 0;
  const look = () => {
    most = Math.max(most, bytesOf(folder));
  };
  const timer = setInterval(look, every_ms);
  try {
    return { result: await work(), most_mb: most / 1e6 };
  } finally {
    clearInterval(timer);
  }
}

/** Of all files below; as blocks that are taken, because some are sparse. */
function bytesOf(folder: string): number {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
      const path = join(folder, entry.name);
      return sum + (entry.isDirectory() ? bytesOf(path) : onDisk(path));
    }, 0);
  } catch {
    return 0;
  }
}

/** Nothing where the file was removed meanwhile. Where the system does not say blocks, its length. */
function onDisk(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 0 : found.blocks === undefined ? found.size : found.blocks * 512;
}
