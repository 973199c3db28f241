import { readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandOf, isZombie, respondsToSignals } from "../../system/processes.ts";
import { readIfExists } from "./files.ts";

/** A server as `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number;
  /** Seconds since 1970, as in the file. Together with the pid it identifies one run of the server. */
  readonly started: string;
  readonly port: number;
  /** Empty if the server has no socket and listens on the loopback interface. */
  readonly socketFolder: string;
  /** Whether it listens on its port of the network; otherwise the port is only part of the name of its socket. */
  readonly listens: boolean;
  readonly state: "starting" | "ready" | "stopping";
}

/**
 * The server in the text of `postmaster.pid`, whose lines are pid, folder, start, port, socket folder, address, shared memory,
 * state; undefined if it has no pid.
 */
export function parsePidFile(text: string): Postmaster | undefined {
  const [pid, , started, port, socketFolder, address, , state] = text.split("\n").map((line) => line.trim());
  if (!/^\d+$/.test(pid ?? "")) return undefined;
  return {
    pid: Number(pid),
    started: started ?? "",
    port: Number(port || 0),
    socketFolder: socketFolder ?? "",
    listens: (address ?? "") !== "",
    state:
      state === "ready" || state === "standby" ? "ready" : state === "stopping" ? "stopping" : "starting",
  };
}

/** The server that runs on a data folder; undefined if none runs, even if a crash left a `postmaster.pid`. */
export async function runningPostmaster(data: string): Promise<Postmaster | undefined> {
  const found = await readPidFile(data);
  return found !== undefined && (await isServing(found.pid, data)) ? found : undefined;
}

/** The content of `postmaster.pid`, whether the server still runs or not; undefined if it cannot be read. */
export async function readPidFile(data: string): Promise<Postmaster | undefined> {
  try {
    return parsePidFile((await readIfExists(join(data, "postmaster.pid"))) ?? "");
  } catch {
    return undefined;
  }
}

/**
 * Whether a process is the server of a data folder. After a crash another process may have the same id, which is likely in
 * containers. The data folder is the working folder of a server, and an argument of its command.
 */
async function isServing(pid: number, data: string): Promise<boolean> {
  if (!respondsToSignals(pid) || isZombie(pid)) return false;
  if (process.platform === "win32") return true;
  try {
    if (process.platform === "linux") return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(data));
    return commandOf(pid).includes(data);
  } catch {
    // Not known, so yes: two servers on one folder would destroy it.
    return true;
  }
}

/**
 * Waits until the server accepts connections.
 *
 * @param gone whether the server has ended
 * @returns undefined if it has ended
 */
export async function waitUntilReady(data: string, gone: () => boolean): Promise<Postmaster | undefined> {
  for (;;) {
    const postmaster = await runningPostmaster(data);
    if (postmaster?.state === "ready") return postmaster;
    if (gone()) return undefined;
    await sleep(5);
  }
}

/** Waits until the server has ended; false if it still runs after the time. */
export async function waitUntilGone(
  data: string,
  postmaster: Postmaster,
  timeout_ms: number,
): Promise<boolean> {
  const deadline = Date.now() + timeout_ms;
  while ((await runningPostmaster(data))?.pid === postmaster.pid) {
    if (Date.now() > deadline) return false;
    await sleep(5);
  }
  return true;
}
