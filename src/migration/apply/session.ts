import { setTimeout as sleep } from "node:timers/promises";
import { type Client, type Database, requireSession, withClient } from "../../database/connection.ts";
import { holderOf, unlock } from "../../database/locks.ts";
import { fail } from "../../errors.ts";
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
  /**
   * Called if another migration holds the lock, before waiting for it and every 10 seconds: with the session that holds it, and
   * how many seconds it has been waited for. Default: waits silently.
   */
  readonly onWait?: ((holder: string, waited_s: number) => void) | undefined;
  /** Seconds to wait for another migration. Default: {@link defaultLockWait_s}. */
  readonly lockWait_s?: number | undefined;
}

export const defaultLockWait_s = 300;

const place: kinds.ArgumentKind = {
  what: "a Database, as databaseOf and withDatabase give it, or an open connection",
  is: (value) => kinds.database.is(value) || (kinds.object.is(value) && "query" in (value as object)),
};

/**
 * Requires the arguments of a public function.
 *
 * @param of its name
 * @param others the kinds of its own options
 * @throws ARGUMENT_INVALID
 */
export function requireMigrationArguments(
  of: string,
  given: { place: unknown; options: unknown },
  others: Readonly<Record<string, kinds.ArgumentKind>> = {},
): void {
  kinds.requireArguments(of, given, { place, options: kinds.object });
  kinds.requireArguments(of, given.options, { ...others, "folder?": kinds.text, "signal?": kinds.signal });
}

/**
 * Runs the work on the connection of a place. An open connection has its settings again afterwards.
 *
 * @throws DATABASE_POOLER_UNSUPPORTED
 */
export async function withConnection<T>(
  place: Place,
  signal: AbortSignal | undefined,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  if (!("query" in place)) return withClient(place, work, signal);
  await requireSession(place);
  const settings = await settingsOf(place);
  try {
    return await work(place);
  } finally {
    // In a transaction that failed nothing can be set; it is undone with the rest of the transaction.
    await place
      .query("SELECT set_config(key, value, false) FROM json_each_text($1)", [settings])
      .catch(() => {});
  }
}

/** The settings of the session that migrations change, as JSON. */
async function settingsOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ settings: object }>(
    `SELECT json_object_agg(name, current_setting(name)) AS settings
     FROM unnest(ARRAY['search_path', 'lock_timeout']) AS name`,
  );
  return JSON.stringify(rows[0]?.settings);
}

/** The two halves of the advisory lock's key, as SQL. Each schema has its own key. */
export const lockKey = (schema: string) => `hashtext('forecastlab migrate'), hashtext(${schema})`;

/**
 * Runs the work under the migration lock of the schema. Waits while another session holds the lock.
 *
 * The lock is polled. A statement that blocks in the server would hold a snapshot, and a CREATE INDEX CONCURRENTLY of the
 * session that holds the lock would wait for that snapshot forever.
 *
 * @throws MIGRATION_BUSY if another session still holds the lock after the limit; DATABASE_LOCK_KEPT if it was lost meanwhile
 */
export async function withMigrationLock<T>(
  client: Client,
  schema: string,
  options: Pick<MigrationOptions, "signal"> & LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  await acquire(client, schema, options);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // The work's error is the one to report. If the connection is lost, the server releases the lock by itself.
    await release(client, schema).catch(() => {});
    throw error;
  }
  await release(client, schema);
  return result;
}

async function acquire(
  client: Client,
  schema: string,
  { signal, onWait, lockWait_s: limit = defaultLockWait_s }: Pick<MigrationOptions, "signal"> & LockOptions,
): Promise<void> {
  const start = performance.now();
  let nextReport_s = 0;
  while (!(await tryLock(client, schema))) {
    const waited_s = (performance.now() - start) / 1000;
    if (waited_s >= nextReport_s || waited_s >= limit) {
      const halves = ["hashtext('forecastlab migrate')", "hashtext($1)"] as const;
      const holder = await holderOf(client, halves, [schema]);
      if (waited_s >= limit) throw fail("MIGRATION_BUSY", { schema, limit, holder });
      onWait?.(holder, Math.round(waited_s));
      nextReport_s += 10;
    }
    signal?.throwIfAborted();
    await sleep(50 + Math.random() * 100);
  }
}

async function tryLock(client: Client, schema: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    `SELECT pg_try_advisory_lock(${lockKey("$1")}) AS locked`,
    [schema],
  );
  return rows[0]?.locked === true;
}

const release = (client: Client, schema: string) =>
  unlock(client, lockKey("$1"), [schema], `the migrations of the schema ${schema}`);
