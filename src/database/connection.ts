import pg from "pg";
import { fail } from "../errors.ts";
import type { Database } from "./address.ts";
import { asDatabaseFailure } from "./failures.ts";
import { isPooled, requireOwnSession } from "./pooler.ts";

export { type Database, databaseBeside, databaseOf } from "./address.ts";

export type Client = pg.Client;

const oldestVersion = 15;

// The grain is a civil date: the driver must not turn it into a Date of the local time zone.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/**
 * Connects, runs the work, disconnects. Failures of PostgreSQL become errors of the catalogue. When the signal is aborted,
 * the statement that is running on the server is cancelled, and no transaction commits any more.
 *
 * @throws DATABASE_UNREACHABLE, DATABASE_LOGIN_REFUSED, DATABASE_NOT_FOUND, DATABASE_VERSION_UNSUPPORTED,
 * DATABASE_POOLER_UNSUPPORTED, DATABASE_POOL_TOO_SMALL, and errors of the work as {@link asDatabaseFailure} turns them into
 * those of the catalogue
 *
 * @example
 * import { databaseOf, withClient } from "forecastlab";
 *
 * const database = databaseOf("postgresql://postgres@localhost/warehouse");
 * const stores = await withClient(database, async (client) => {
 *   const { rows } = await client.query<{ code: string }>("SELECT code FROM store ORDER BY code");
 *   return rows.map(({ code }) => code);
 * });
 */
export async function withClient<T>(
  database: Database,
  work: (client: Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const client = new pg.Client(database.config);
  // If the server goes away between two statements, an unhandled event would end the process.
  client.on("error", () => {});
  let stopListening = () => {};
  let pooled = false;
  try {
    await client.connect();
    const session = await openSession(client, database);
    pooled = session.pooled;
    if (signal !== undefined) stopListening = cancelWhenAborted(database, client, session.pid, signal);
    return await work(client);
  } catch (error) {
    throw asDatabaseFailure(error, database.label);
  } finally {
    stopListening();
    if (pooled) await resetSession(client).catch(() => {});
    await client.end().catch(() => {});
  }
}

/**
 * Does the same as {@link withClient}, but once the signal is aborted every failure comes out as the signal's reason.
 */
export async function withAbortableClient<T>(
  database: Database,
  work: (client: Client) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  try {
    return await withClient(database, work, signal);
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}

const signals = new WeakMap<Client, AbortSignal>();

/**
 * Cancels the statement that is running on the server when the signal is aborted. It does so repeatedly until the work ends,
 * because a cancellation between two statements is lost. The connection stays open, so that the outcome of a commit that is
 * running is always known.
 */
function cancelWhenAborted(database: Database, client: Client, pid: number, signal: AbortSignal): () => void {
  signals.set(client, signal);
  let repeat: NodeJS.Timeout | undefined;
  const cancel = () => {
    withClient(database, (other) => other.query("SELECT pg_cancel_backend($1)", [pid])).catch(() => {});
  };
  const start = () => {
    cancel();
    repeat = setInterval(cancel, 500);
  };
  signal.addEventListener("abort", start, { once: true });
  signal.throwIfAborted();
  return () => {
    signal.removeEventListener("abort", start);
    clearInterval(repeat);
  };
}

/**
 * Runs the work in one transaction: committed when it returns, rolled back when it throws or when the connection's signal was
 * aborted meanwhile.
 *
 * @example
 * import { databaseOf, withClient, withTransaction } from "forecastlab";
 *
 * await withClient(databaseOf("postgresql://postgres@localhost/warehouse"), (client) =>
 *   withTransaction(client, async () => {
 *     await client.query("UPDATE store SET region = 'North' WHERE city = $1", ["Leeds"]);
 *     await client.query("UPDATE store SET region = 'South' WHERE city = $1", ["London"]);
 *   }),
 * );
 */
export async function withTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const result = await work();
    signals.get(client)?.throwIfAborted();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // The first error is the one to report; a connection that is lost has rolled back by itself.
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/**
 * What a session of ours sets: the server writes dates and times as DuckDB reads them. Nothing else sets these again.
 */
const sessionSettings = {
  datestyle: "ISO, YMD",
  timezone: "UTC",
};

/** Sets what the session needs, unless another session than `$1` answers, which would be somebody else's. */
const openSql = `
  SELECT
    pg_backend_pid() AS pid,
    current_setting('server_version') AS version,
    current_setting('server_version_num')::int AS number,
    (
      SELECT count(set_config(key, value, false))
      FROM json_each_text($2)
      WHERE pg_backend_pid() = $1
    ) AS settings
`;

/** Databases that are reached through a pooler that keeps sessions. */
const pooledDatabases = new WeakSet<Database>();

/**
 * Checks the server's version and that the connection has a session of its own, and sets what the session needs.
 *
 * @returns the process id of the session, and whether it goes back to a pool
 * @throws DATABASE_VERSION_UNSUPPORTED, DATABASE_POOLER_UNSUPPORTED, DATABASE_POOL_TOO_SMALL
 */
async function openSession(client: Client, database: Database): Promise<{ pid: number; pooled: boolean }> {
  const open = async (pid: number) => {
    const settings = JSON.stringify(sessionSettings);
    const { rows } = await client.query<{ pid: number; version: string; number: number }>(openSql, [
      pid,
      settings,
    ]);
    return rows[0] ?? { pid: 0, version: "?", number: 0 };
  };
  const { pid, version, number } = await open((client as { processID?: number | null }).processID ?? 0);
  if (number < oldestVersion * 10_000) {
    throw fail("DATABASE_VERSION_UNSUPPORTED", { server: database.label, version });
  }
  const pooled = isPooled(client, pid);
  if (pooled) {
    if (!pooledDatabases.has(database)) {
      await requireOwnSession(client, pid, database.label, () => likeClient(client));
      pooledDatabases.add(database);
    }
    await open(pid);
  }
  return { pid, pooled };
}

/** Another client of the same server, database and user. */
function likeClient(client: Client): Client {
  const { host, port, user, database, password, ssl } = client;
  return new pg.Client({ host, port, user, database, password, ssl, connectionTimeoutMillis: 10_000 });
}

/**
 * Checks that a connection which somebody else opened has a session of its own.
 *
 * @throws DATABASE_POOLER_UNSUPPORTED, DATABASE_POOL_TOO_SMALL
 */
export async function requireSession(client: Client): Promise<void> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const pid = rows[0]?.pid ?? 0;
  const server = `${client.host}:${client.port}/${client.database}`;
  if (isPooled(client, pid)) await requireOwnSession(client, pid, server, () => likeClient(client));
}

/** Leaves a session as it was found: a pool gives it to somebody else. */
async function resetSession(client: Client): Promise<void> {
  await client.query("ROLLBACK");
  await client.query("DISCARD ALL");
}
