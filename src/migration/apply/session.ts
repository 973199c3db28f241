import { setTimeout as sleep } from "node:timers/promises";
import { type Client, type Database, withClient } from "../../database/connection.ts";

/** What every verb that touches a database is given: a connection, or a database to connect to. */
export type Target = {
  /** The migrations' folder; the package's own by default. */
  readonly folder?: string | undefined;
  /** Ends the work: what runs is cancelled on the server (with `database`), and nothing unfinished is kept. */
  readonly signal?: AbortSignal | undefined;
  /** Told once when another migration is at work and this one waits. */
  readonly onWait?: (() => void) | undefined;
} & ({ readonly client: Client } | { readonly database: Database });

/** Runs the work on the target's connection; with `database`, the signal interrupts it on the server too. */
export async function withTarget<T>(target: Target, work: (client: Client) => Promise<T>): Promise<T> {
  target.signal?.throwIfAborted();
  if ("client" in target) return work(target.client);
  return withClient(target.database, work, target.signal);
}

/** The two halves of the advisory lock's key, as SQL; migrations of two schemas do not hold each other up. */
export const lockKey = (schema: string) => `hashtext('forecastlab migrate'), hashtext(${schema})`;

/**
 * Holds the schema's migration lock while the work runs; waits for whoever holds it.
 *
 * It asks again and again instead of blocking in the server: a blocked statement holds a snapshot, and
 * CREATE INDEX CONCURRENTLY of the lock's holder would wait for that snapshot for ever.
 */
export async function withMigrationLock<T>(
  client: Client,
  schema: string,
  target: Target,
  work: () => Promise<T>,
): Promise<T> {
  const tryLock = async () => {
    const { rows } = await client.query<{ locked: boolean }>(
      `SELECT pg_try_advisory_lock(${lockKey("$1")}) AS locked`,
      [schema],
    );
    return rows[0]?.locked === true;
  };
  for (let attempt = 1; !(await tryLock()); attempt += 1) {
    if (attempt === 1) target.onWait?.();
    target.signal?.throwIfAborted();
    await sleep(50 + Math.random() * 100);
  }
  try {
    return await work();
  } finally {
    // A connection that is gone has given its locks back by itself.
    await client.query(`SELECT pg_advisory_unlock(${lockKey("$1")})`, [schema]).catch(() => {});
  }
}
