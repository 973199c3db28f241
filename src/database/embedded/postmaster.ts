import { readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandOf, isZombie, respondsToSignals } from "../../system/processes.ts";
import { textOf } from "./files.ts";

/** A running server, as it describes itself in `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  /** Seconds since 1970, as the server wrote it: with the pid it tells one run from the next. */
  readonly started: string;
  readonly port: number;
  /** Empty where it listens on the loopback interface only. */
  readonly socketFolder: string;
  readonly state: "starting" | "ready" | "stopping";
}

/** Reads `postmaster.pid` (its lines: pid, folder, start, port, socket folder, address, shared memory, state). */
export function parsePidFile(text: string): Postmaster | undefined {
  const [pid, , started, port, socketFolder, , , state] = text.split("\n").map((line) => line.trim());
  if (!/^\d+$/.test(pid ?? "")) return undefined;
  return {
    pid: Number(pid),
    started: started ?? "",
    port: Number(port || 0),
    socketFolder: socketFolder ?? "",
    state:
      state === "ready" || state === "standby" ? "ready" : state === "stopping" ? "stopping" : "starting",
  };
}

/** The server that runs on a data folder; undefined when none does, whatever a crash left in `postmaster.pid`. */
export async function runningPostmaster(data: string): Promise<Postmaster | undefined> {
  const found = await readPidFile(data);
  return found !== undefined && (await serves(found.pid, data)) ? found : undefined;
}

export async function readPidFile(data: string): Promise<Postmaster | undefined> {
  try {
    return parsePidFile((await textOf(join(data, "postmaster.pid"))) ?? "");
  } catch {
    return undefined;
  }
}

/**
 * Whether the process is a server on this folder. Its id alone says little: after a crash another process may have been
 * given it, in containers it usually is. A server's working folder is its data folder, which its command names too.
 */
async function serves(pid: number, data: string): Promise<boolean> {
  if (!respondsToSignals(pid) || isZombie(pid)) return false;
  if (process.platform === "win32") return true;
  try {
    if (process.platform === "linux") return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(data));
    return commandOf(pid).includes(data);
  } catch {
    // When in doubt it does: two servers on one folder would destroy it.
    return true;
  }
}

/** Waits until the server accepts connections; undefined when it goes away instead. */
export async function untilReady(data: string, gone: () => boolean): Promise<Postmaster | undefined> {
  for (;;) {
    const postmaster = await runningPostmaster(data);
    if (postmaster?.state === "ready") return postmaster;
    if (gone()) return undefined;
    await sleep(5);
  }
}

/** Waits until the server is gone; false when it still runs after that time. */
export async function untilGone(data: string, postmaster: Postmaster, patience_ms: number): Promise<boolean> {
  const deadline = Date.now() + patience_ms;
  while ((await runningPostmaster(data))?.pid === postmaster.pid) {
    if (Date.now() > deadline) return false;
    await sleep(5);
  }
  return true;
}
