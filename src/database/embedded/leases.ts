import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { holdFile, isAlive, ownFileName, type ProcessIdentity, processOf } from "../../system/processes.ts";

/** The record that a command uses the server. The command that releases the last lease stops the server. */
export interface Lease {
  release(): void;
}

/** Acquires a lease: creates a file named after this process in the folder. */
export function acquireLease(folder: string): Lease {
  return { release: holdFile(join(folder, ownFileName())) };
}

/** The ids of the processes that hold leases, and the lease files of dead processes. Other file names are ignored. */
export function leaseStatus(
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

/** The ids of the processes that use the server, one per lease; without stale leases. */
export function leaseHolders(folder: string): number[] {
  return leaseStatus(namesIn(folder)).holders;
}

/** Removes the leases of dead processes. The caller must hold the folder lock. */
export function removeStaleLeases(folder: string): void {
  for (const name of leaseStatus(namesIn(folder)).stale) rmSync(join(folder, name), { force: true });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
