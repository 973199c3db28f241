import { readFileSync, realpathSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";

/** The machine that the figures were measured on, without its name and paths. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gb: number;
  readonly kernel: string;
  /** The type of the file system of the data. */
  readonly filesystem: string;
}

export function describeMachine(folder: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || "unknown",
    cores: availableParallelism(),
    memory_gb: Math.round(totalmem() / 1e9),
    kernel: `${type()} ${release()}`,
    filesystem: filesystemOf(folder),
  };
}

/** From Linux's mount table: the longest mount point that contains the folder. */
function filesystemOf(folder: string): string {
  try {
    const path = `${realpathSync(folder)}/`;
    const mounts = readFileSync("/proc/self/mounts", "utf8").trim().split("\n");
    const [nearest] = mounts
      .map((line) => line.split(" "))
      .map(([, point = "", kind = "unknown"]) => ({ point: point.replace(/\/?$/, "/"), kind }))
      .filter(({ point }) => path.startsWith(point))
      .sort((a, b) => b.point.length - a.point.length);
    return nearest?.kind ?? "unknown";
  } catch {
    return "unknown";
  }
}
