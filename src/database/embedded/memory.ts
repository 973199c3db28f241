import { statfsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";

/** What of a machine the server's parameters depend on. */
export interface Machine {
  /** What this process may use: the machine's memory, or less in a container. */
  readonly memory_bytes: number;
  readonly processors: number;
  /** The size of /dev/shm, which containers keep small; undefined where there is none. */
  readonly sharedMemory_bytes: number | undefined;
}

export function thisMachine(): Machine {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return {
    // Without a limit the system answers 0 or a number beyond all memory.
    memory_bytes: limit > 0 && limit < total ? limit : total,
    processors: availableParallelism(),
    sharedMemory_bytes: sizeOf("/dev/shm"),
  };
}

/**
 * The server's parameters for a machine it shares with the commands that load (DuckDB takes its part too) and with
 * whatever else runs there: few connections, large loads, aggregates over months.
 */
export function serverParameters(machine: Machine): Record<string, string> {
  const share = (divisor: number, least_mb: number, most_mb: number) =>
    megabytes(clamp(machine.memory_bytes / divisor / 2 ** 20, least_mb, most_mb));
  const workers = String(clamp(machine.processors / 2, 1, 4));
  const processors = String(clamp(machine.processors, 2, 64));
  return {
    shared_buffers: share(8, 32, 2048),
    effective_cache_size: share(2, 128, 65_536),
    work_mem: share(256, 4, 64),
    maintenance_work_mem: share(16, 32, 1024),
    max_parallel_workers_per_gather: workers,
    // A load builds indexes on two connections: helpers come on top of those, where there are processors for them.
    max_parallel_maintenance_workers: String(clamp(machine.processors / 2 - 1, 0, 4)),
    max_parallel_workers: processors,
    max_worker_processes: String(Number(processors) + 2),
    // Loads write gigabytes between two checkpoints.
    max_wal_size: share(4, 512, 4096),
    checkpoint_timeout: "15min",
    wal_compression: "on",
    // Nothing replicates this server, and a table filled in the transaction that made it then needs no WAL at all.
    wal_level: "minimal",
    max_wal_senders: "0",
    max_logical_replication_workers: "0",
    // Compiling costs more than it saves on queries of this size.
    jit: "off",
    random_page_cost: "1.1",
    // Parallel queries exchange rows through /dev/shm, and fail where a container gives it only a few megabytes.
    ...(machine.sharedMemory_bytes !== undefined && machine.sharedMemory_bytes < 512 * 2 ** 20
      ? { dynamic_shared_memory_type: "mmap" }
      : {}),
  };
}

const megabytes = (count: number) => `${count}MB`;

const clamp = (value: number, least: number, most: number) =>
  Math.floor(Math.min(Math.max(value, least), most));

function sizeOf(folder: string): number | undefined {
  try {
    const { blocks, bsize } = statfsSync(folder);
    return blocks * bsize;
  } catch {
    return undefined;
  }
}
