import pg from "pg";
import { fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import type { Database } from "./address.ts";
import { asDatabaseFailure } from "./failures.ts";

export { type Database, databaseBeside, databaseOf } from "./address.ts";

export type Client = pg.Client;

const oldestVersion = 15;

// The grain is a civil date: the driver must not turn it into a Date of the local time zone.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/**
 * Connects, runs the work, disconnects. Failures of PostgreSQL become errors of the catalogue. When the signal is aborted,
 * the statement that is running on the server is cancelled, and no transaction commits any more.
 *
 * @throws DATABASE_UNREACHABLE, DATABASE_LOGIN_REFUSED, DATABASE_NOT_FOUND, DATABASE_VERSION_UNSUPPORTED, and errors of the
 * work as {@link asDatabaseFailure} turns them into those of the catalogue
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
  const given = { database, work, signal };
  kinds.requireArguments("The function", given, {
    database: kinds.database,
    work: kinds.callback,
    "signal?": kinds.signal,
  });
  signal?.throwIfAborted();
  const client = new pg.Client(database.config);
  // If the server goes away between two statements, an unhandled event would end the process.
  client.on("error", () => {});
  let stopListening = () => {};
  try {
    await client.connect();
    await openSession(client, database);
    if (signal !== undefined) stopListening = await cancelWhenAborted(database, client, signal);
    return await work(client);
  } catch (error) {
    throw asDatabaseFailure(error, database.label);
  } finally {
    stopListening();
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
async function cancelWhenAborted(
  database: Database,
  client: Client,
  signal: AbortSignal,
): Promise<() => void> {
  signals.set(client, signal);
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  let repeat: NodeJS.Timeout | undefined;
  const cancel = () => {
    withClient(database, (other) => other.query("SELECT pg_cancel_backend($1)", [rows[0]?.pid])).catch(
      () => {},
    );
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
  kinds.requireArguments("withTransaction", { client, work }, { client: kinds.object, work: kinds.callback });
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
 * Checks the server's version, and makes it write dates and times as DuckDB reads them. Nothing else sets these again.
 *
 * @throws DATABASE_VERSION_UNSUPPORTED
 */
async function openSession(client: Client, database: Database): Promise<void> {
  const { rows } = await client.query<{ version: string; number: number }>(`
    SELECT
      current_setting('server_version') AS version,
      current_setting('server_version_num')::int AS number,
      set_config('datestyle', 'ISO, YMD', false),
      set_config('timezone', 'UTC', false)
  `);
  const row = rows[0];
  if (row !== undefined && row.number < oldestVersion * 10_000) {
    throw fail("DATABASE_VERSION_UNSUPPORTED", { server: database.label, version: row.version });
  }
}
