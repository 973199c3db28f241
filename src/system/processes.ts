import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";

/**
 * A process, as file names identify it: by its id and by when it started, so that it is not confused with a later process of
 * the same id.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque, never compared across machines; "0" if the system does not say. */
  readonly started: string;
}

/** A file name that no other process and no other call uses: `<pid>-<start>-<random>`. */
export function ownFileName(): string {
  return `${process.pid}-${startOf(process.pid) ?? "0"}-${randomBytes(4).toString("hex")}`;
}

const heldFiles = new Set<string>();

process.on("exit", () => {
  for (const file of heldFiles) rmSync(file, { force: true });
});

/**
 * Makes an empty file that marks something about this process as long as it exists. It is removed even when the process ends
 * early.
 *
 * @returns a function that removes it
 */
export function holdFile(file: string): () => void {
  heldFiles.add(file);
  writeFileSync(file, "", { flag: "wx", mode: 0o600 });
  return () => {
    rmSync(file, { force: true });
    heldFiles.delete(file);
  };
}

/** The process of a file name from {@link ownFileName}. */
export function processOf(fileName: string): ProcessIdentity | undefined {
  const match = /^(\d+)-(\d+)-[0-9a-f]+$/.exec(fileName);
  return match === null ? undefined : { pid: Number(match[1]), started: match[2] ?? "0" };
}

/** Whether exactly this process is alive. If that is unclear, it counts as alive, so that no server is stopped by mistake. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  if (!respondsToSignals(pid)) return false;
  const now = startOf(pid);
  return now === undefined ? !isZombie(pid) : started === "0" || now === started;
}

/** Whether a process of this id exists, of any user. */
export function respondsToSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When the process started, in the unit of the system; undefined if that is unknown, and for a zombie. */
function startOf(pid: number): string | undefined {
  if (process.platform === "linux") {
    const stat = linuxStat(pid);
    return stat === undefined || stat.state === "Z" || stat.state === "X" ? undefined : stat.started;
  }
  if (process.platform === "win32") return undefined;
  try {
    const seconds = Date.parse(`${psField(pid, "lstart")} UTC`) / 1000;
    return Number.isNaN(seconds) ? undefined : String(seconds);
  } catch {
    return undefined;
  }
}

/** The command that a process runs, on systems without /proc. */
export function commandOf(pid: number): string {
  return psField(pid, "command");
}

function psField(pid: number, field: string): string {
  return execFileSync("ps", ["-ww", "-o", `${field}=`, "-p", String(pid)], {
    env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
  }).trim();
}

/** Whether a process is dead but still has its id, because nobody waited for it (in containers without an init, for ever). */
export function isZombie(pid: number): boolean {
  const state = process.platform === "linux" ? linuxStat(pid)?.state : undefined;
  return state === "Z" || state === "X";
}

/** State and start time (clock ticks since boot) from /proc/<pid>/stat. The command's name in it may hold any character. */
function linuxStat(pid: number): { state: string; started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", started: fields[19] ?? "0" };
  } catch {
    return undefined;
  }
}
