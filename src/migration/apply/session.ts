import { setTimeout as sleep } from "node:timers/promises";
import { type Client, type Database, withClient } from "../../database/connection.ts";
import * as kinds from "../../system/arguments.ts";

/** Where a migration works: a database to connect to, or an open connection, which stays open. */
export type Place = Database | Client;

/** Options of every function that works on a database. */
export interface MigrationOptions {
  /** The folder of the revisions. Default: the migrations of this package. */
  readonly folder?: string | undefined;
  /**
   * Interrupts the work between two steps; on a {@link Database} also the running statement. Everything that is not
   * committed is rolled back. Default: none.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of functions that take the migration lock of the schema. */
export interface LockOptions {
  /** Called once if another migration holds the lock, before waiting for it. Default: waits silently. */
  readonly onWait?: (() => void) | undefined;
}

/** Runs the work on the connection of a place. */
export async function withConnection<T>(
  place: Place,
  signal: AbortSignal | undefined,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  kinds.requireArguments(
    "The migration",
    { place, signal },
    { place: kinds.object, "signal?": kinds.signal },
  );
  signal?.throwIfAborted();
  return "query" in place ? work(place) : withClient(place, work, signal);
}

/** The two halves of the advisory lock's key, as SQL. Each schema has its own key. */
export const lockKey = (schema: string) => `hashtext('forecastlab migrate'), hashtext(${schema})`;

/**
 * Runs the work under the migration lock of the schema. Waits while another session holds the lock.
 *
 * The lock is polled. A statement that blocks in the server would hold a snapshot, and a CREATE INDEX CONCURRENTLY of the
 * session that holds the lock would wait for that snapshot forever.
 */
export async function withMigrationLock<T>(
  client: Client,
  schema: string,
  { signal, onWait }: Pick<MigrationOptions, "signal"> & LockOptions,
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
    if (attempt === 1) onWait?.();
    signal?.throwIfAborted();
    await sleep(50 + Math.random() * 100);
  }
  try {
    return await work();
  } finally {
    // If the connection is lost, the server releases the lock by itself.
    await client.query(`SELECT pg_advisory_unlock(${lockKey("$1")})`, [schema]).catch(() => {});
  }
}
