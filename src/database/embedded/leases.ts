import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { holdFile, isAlive, ownFileName, type ProcessIdentity, processOf } from "../../system/processes.ts";

/** A command's word that it uses the server. The last one to give its word back stops the server. */
export interface Lease {
  release(): void;
}

/** Takes a lease: a file of its own in the folder. */
export function takeLease(folder: string): Lease {
  return { release: holdFile(join(folder, ownFileName())) };
}

/** The processes that use the server, and the files of those that died without giving their lease back. */
export function sortLeases(
  fileNames: readonly string[],
  alive: (process: ProcessIdentity) => boolean = isAlive,
): { holders: number[]; stale: string[] } {
  const holders: number[] = [];
  const stale: string[] = [];
  for (const name of fileNames) {
    const holder = processOf(name);
    if (holder === undefined) continue;
    if (alive(holder)) holders.push(holder.pid);
    else stale.push(name);
  }
  return { holders, stale };
}

/** The ids of the processes that use the server, one for each lease. Stale leases count for nothing. */
export function holdersOf(folder: string): number[] {
  return sortLeases(listed(folder)).holders;
}

/** Removes the leases of processes that died. Only under the folder's lock. */
export function sweepLeases(folder: string): void {
  for (const name of sortLeases(listed(folder)).stale) rmSync(join(folder, name), { force: true });
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
