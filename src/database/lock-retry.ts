import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../errors.ts";
import type { Client } from "./connection.ts";

/**
 * How long a statement waits for a lock, and how often it is tried. While it waits, everything behind it waits too. So it
 * gives up soon, lets the others go first, and is tried again a little later.
 */
export interface LockRetry {
  readonly lockTimeout_ms: number;
  readonly attempts: number;
  /** After this long no further attempt is made; default: as many as `attempts`. */
  readonly limit_s?: number | undefined;
  /** Whether to stop trying, and to let the failure out: another session waits for what this one holds. */
  readonly giveWay?: (() => Promise<boolean>) | undefined;
  /** Called before each further attempt, with who holds locks in the schema. */
  readonly onRetry?: ((attempt: number, holders: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const defaultLockRetry: LockRetry = { lockTimeout_ms: 2_000, attempts: 10 };

/**
 * Runs the work, which sets the lock timeout itself, again while it fails to get a lock, with growing, jittered pauses.
 *
 * @throws DATABASE_LOCK_TIMEOUT after the last attempt
 */
export async function withLockRetry<T>(client: Client, retry: LockRetry, work: () => Promise<T>): Promise<T> {
  const { attempts, limit_s = Number.POSITIVE_INFINITY } = retry;
  const begun = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isLockFailure(error) || (await retry.giveWay?.())) throw error;
      const holders = await holdersOf(client);
      const elapsed_s = (performance.now() - begun) / 1_000;
      if (attempt >= attempts || elapsed_s >= limit_s) {
        const tried =
          attempt >= attempts
            ? `${attempt} attempts of ${retry.lockTimeout_ms / 1000} s each`
            : `tried again and again for ${Math.round(limit_s)} s`;
        throw fail("DATABASE_LOCK_TIMEOUT", { reason: `${tried}; ${holders}` }, error);
      }
      retry.onRetry?.(attempt + 1, holders);
      const ceiling_ms = Math.min(2_000, retry.lockTimeout_ms * 2 ** (attempt - 1));
      await sleep(ceiling_ms * (0.5 + Math.random() / 2), undefined, { signal: retry.signal });
    }
  }
}

/** Whether it is lock_not_available or deadlock_detected: nothing was done, and another attempt may succeed. */
export function isLockFailure(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === "55P03" || code === "40P01";
}

/** Whether another session waits for a lock on rows or tables that this one holds. Loads that wait for a month do not count. */
export async function isWaitedFor(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ waited: boolean }>(
    `SELECT EXISTS (
       SELECT 1 FROM pg_locks AS waiting
       WHERE NOT waiting.granted AND waiting.locktype <> 'advisory'
         AND pg_backend_pid() = ANY (pg_blocking_pids(waiting.pid))
     ) AS waited`,
  );
  return rows[0]?.waited ?? false;
}

/** Text that says who holds locks in the current schema: `process 4711 (psql, idle in transaction for 12 s)`. */
async function holdersOf(client: Client): Promise<string> {
  // Within a transaction the list of sessions stays as it was first read.
  await client.query("SELECT pg_stat_clear_snapshot()");
  const { rows } = await client.query<{ pid: number; name: string; state: string; age_s: number }>(
    `SELECT a.pid,
       coalesce(nullif(a.application_name, ''), a.backend_type, 'unknown') AS name,
       coalesce(a.state, 'running') AS state,
       coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::int AS age_s
     FROM pg_stat_activity a
     WHERE a.pid <> pg_backend_pid() AND a.pid IN (
       SELECT l.pid
       FROM pg_locks l
       JOIN pg_class c ON c.oid = l.relation
       WHERE l.granted
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
     )
     ORDER BY a.xact_start
     LIMIT 3`,
  );
  const names = rows.map(
    ({ pid, name, state, age_s }) => `process ${pid} (${name}, ${state} for ${age_s} s)`,
  );
  return names.length === 0 ? "its holder has finished since" : `locks are held by ${names.join(", ")}`;
}
