import { statfsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";

/** The properties of a machine that the server parameters depend on. */
export interface Machine {
  /** The memory that this process may use: that of the machine, or the limit of the container. */
  readonly memory_bytes: number;
  readonly processors: number;
  /** The size of /dev/shm, which is small in containers; undefined if there is none. */
  readonly sharedMemory_bytes: number | undefined;
}

/** The machine this process runs on. */
export function thisMachine(): Machine {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return {
    // Without a limit the system reports 0 or more than the memory of the machine.
    memory_bytes: limit > 0 && limit < total ? limit : total,
    processors: availableParallelism(),
    sharedMemory_bytes: sizeOf("/dev/shm"),
  };
}

/**
 * The parameters of the server for few connections, large loads, and aggregates over months. The machine is shared with the
 * loading command, whose DuckDB needs memory too, and with other programs.
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
    // A load builds indexes on two connections; parallel workers are useful only with more than two processors.
    max_parallel_maintenance_workers: String(clamp(machine.processors / 2 - 1, 0, 4)),
    max_parallel_workers: processors,
    max_worker_processes: String(Number(processors) + 2),
    // Loads write gigabytes of WAL between two checkpoints.
    max_wal_size: share(4, 512, 4096),
    checkpoint_timeout: "15min",
    wal_compression: "on",
    // This server is not replicated. At this level, filling a table in the transaction that created it writes no WAL.
    wal_level: "minimal",
    max_wal_senders: "0",
    max_logical_replication_workers: "0",
    // For queries of this size, compilation costs more than it saves.
    jit: "off",
    random_page_cost: "1.1",
    // Parallel queries exchange rows through /dev/shm and fail if it has only a few megabytes, as in containers.
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
