import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const interval_ms = 250;

/** Runs the work and samples the disk use of a folder meanwhile. @returns the result, and the peak in 10^6 bytes */
export async function withDiskUse<T>(
  folder: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly peak_mb: number }> {
  let peak = 0;
  const sample = () => {
    peak = Math.max(peak, bytesOf(folder));
  };
  const timer = setInterval(sample, interval_ms);
  try {
    return { result: await work(), peak_mb: peak / 1e6 };
  } finally {
    clearInterval(timer);
  }
}

/** Of all files below the folder, in allocated blocks, because some files are sparse. */
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

/** 0 if the file was removed in the meantime; its length if the system does not report blocks. */
function onDisk(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 0 : found.blocks === undefined ? found.size : found.blocks * 512;
}
