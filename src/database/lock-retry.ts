import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../errors.ts";
import type { Client } from "./connection.ts";

/**
 * A statement that waits for a lock makes everything behind it wait too. So it gives up soon, lets the queue go on,
 * and tries again a little later.
 */
export interface Patience {
  readonly lockTimeout_ms: number;
  readonly attempts: number;
  /** Told before each further attempt, with who is at work on the schema. */
  readonly onRetry?: ((attempt: number, holders: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const defaultPatience: Patience = { lockTimeout_ms: 2_000, attempts: 10 };

/** Runs the work again while it fails for want of a lock, with growing, jittered pauses. */
export async function patiently<T>(client: Client, patience: Patience, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!lacksLock(error)) throw error;
      const holders = await holdersOf(client);
      if (attempt >= patience.attempts) {
        const waited = `${attempt} attempts of ${patience.lockTimeout_ms / 1000} s each; ${holders}`;
        throw fail("DATABASE_LOCK_TIMEOUT", { reason: waited }, error);
      }
      patience.onRetry?.(attempt + 1, holders);
      const ceiling_ms = Math.min(2_000, patience.lockTimeout_ms * 2 ** (attempt - 1));
      await sleep(ceiling_ms * (0.5 + Math.random() / 2), undefined, { signal: patience.signal });
    }
  }
}

/** lock_not_available and deadlock_detected: nothing was done, and another attempt may succeed. */
export function lacksLock(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === "55P03" || code === "40P01";
}

/** Who holds locks in the current schema, in words: `process 4711 (psql, idle in transaction for 12 s)`. */
async function holdersOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; name: string; state: string; age_s: number }>(
    `SELECT a.pid,
       coalesce(nullif(a.application_name, ''), a.backend_type, 'unknown') AS name,
       coalesce(a.state, 'at work') AS state,
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
  return names.length === 0 ? "whoever held it has finished since" : `at work on it: ${names.join(", ")}`;
}
