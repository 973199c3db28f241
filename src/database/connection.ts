import pg from "pg";
import { ForecastLabError, fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import type { Database, Route } from "./address.ts";
import { disconnect } from "./disconnect.ts";
import { asDatabaseFailure, isServerError, noteConnectionError } from "./failures.ts";
import { isPooled, requireOwnSession } from "./pooler.ts";
import { limitsOf, type SessionState, serverLimit_ms, watchSilence } from "./silence.ts";

export { type Database, databaseBeside, databaseOf } from "./address.ts";

export type Client = pg.Client;

const oldestVersion = 15;

// The grain is a civil date: the driver must not turn it into a Date of the local time zone.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

/**
 * Connects, runs the work, disconnects. Failures of PostgreSQL become errors of the catalog. When the signal is aborted,
 * the statement that is running on the server is cancelled, and no transaction commits any more.
 *
 * @throws DATABASE_UNREACHABLE, DATABASE_LOGIN_REFUSED, DATABASE_NOT_FOUND, DATABASE_VERSION_UNSUPPORTED,
 * DATABASE_TLS_*, DATABASE_CERTIFICATE_*, DATABASE_ROLE_MISSING, DATABASE_POOLER_UNSUPPORTED, DATABASE_POOL_TOO_SMALL,
 * DATABASE_SILENT, and errors of the work as {@link asDatabaseFailure} turns them into
 * those of the catalog
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
  kinds.requireArguments("withClient", given, {
    database: kinds.database,
    work: kinds.callback,
    "signal?": kinds.signal,
  });
  signal?.throwIfAborted();
  const connected = await connect(database);
  const { client, session, route, stopWatching } = connected;
  const server = nameOf(database, route);
  let stopListening = () => {};
  try {
    if (signal !== undefined) {
      stopListening = cancelWhenAborted(pinnedTo(database, route), client, session.pid, signal);
    }
    return await work(client);
  } catch (error) {
    throw asDatabaseFailure(error, server);
  } finally {
    stopListening();
    if (session.pooled) await resetSession(client).catch(() => {});
    stopWatching();
    await disconnect(client);
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

interface Connected {
  readonly client: Client;
  readonly route: Route;
  readonly session: Session;
  readonly stopWatching: () => void;
}

/** What a session says of itself when it is opened. */
interface Session {
  readonly pid: number;
  /** Whether it goes back to a pool. */
  readonly pooled: boolean;
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
}

/** The way that worked last, so that all connections of a command reach the same server. */
const lastRoutes = new WeakMap<Database, Route>();

/**
 * Connects by the first route that works. Another host is tried if one does not answer or has not the wanted role; another
 * kind of encryption if the first is not possible.
 */
async function connect(database: Database): Promise<Connected> {
  const last = lastRoutes.get(database);
  const routes =
    last === undefined ? database.routes : [last, ...database.routes.filter((route) => route !== last)];
  const roles = database.role === "prefer-standby" ? ["standby", "any"] : [database.role];
  const failures: ForecastLabError[] = [];
  let isOtherRole = false;
  for (const role of roles) {
    for (const [index, route] of routes.entries()) {
      const next = routes[index + 1];
      try {
        const connected = await connectBy(database, route);
        if (hasRole(connected.session, role)) {
          lastRoutes.set(database, route);
          return connected;
        }
        isOtherRole = true;
        await close(connected);
      } catch (error) {
        if (!(error instanceof ForecastLabError)) throw error;
        failures.push(error);
        const mayTryNext =
          next !== undefined &&
          (next.label === route.label ? isOfTls(error) : isAbsence(error) || isOfTls(error));
        // Without TLS the server only repeats that it wants TLS: why that failed is what matters.
        const first = failures.at(-2);
        if (error.code === "DATABASE_TLS_REQUIRED" && first !== undefined && isOfTls(first)) throw first;
        if (!mayTryNext && !isAbsence(error)) throw error;
      }
    }
  }
  const [failure] = failures;
  if (isOtherRole) throw fail("DATABASE_ROLE_MISSING", { server: database.label, role: database.role });
  if (failure !== undefined && (failures.length === 1 || database.routes.length === 1)) throw failure;
  const reason = [...new Set(failures.map(({ received }) => received.reason ?? "?"))].join(", ");
  throw fail("DATABASE_UNREACHABLE", { server: database.label, reason }, failure);
}

const isOfTls = ({ code }: ForecastLabError) => /^DATABASE_(TLS|CERTIFICATE)_/.test(code);

const isAbsence = ({ code }: ForecastLabError) =>
  code === "DATABASE_UNREACHABLE" || code === "DATABASE_CONNECTION_LOST" || code === "DATABASE_SILENT";

function hasRole({ isStandby, isReadOnly }: Session, role: string): boolean {
  if (role === "primary") return !isStandby;
  if (role === "standby") return isStandby;
  if (role === "read-write") return !isStandby && !isReadOnly;
  if (role === "read-only") return isStandby || isReadOnly;
  return true;
}

async function connectBy(database: Database, route: Route): Promise<Connected> {
  const server = nameOf(database, route);
  const client = new pg.Client(route.config);
  // If the server goes away between two statements, an unhandled event would end the process.
  client.on("error", noteConnectionError);
  let pid: number | undefined;
  const ask = () => askAbout(route, pid);
  let stopWatching = () => {};
  try {
    const bound = route.channelBinding ? offersChannelBinding(client) : undefined;
    await client.connect();
    if (bound?.() === false) {
      throw fail("DATABASE_TLS_FAILED", { server, reason: "the server offered no channel binding" });
    }
    stopWatching = watchSilence(client, server, limitsOf(route.silent_ms), ask);
    const session = await openSession(client, route, server);
    pid = session.pid;
    return { client, route, session, stopWatching };
  } catch (error) {
    stopWatching();
    await disconnect(client);
    throw asDatabaseFailure(error, server);
  }
}

async function close({ client, stopWatching }: Connected): Promise<void> {
  stopWatching();
  await disconnect(client);
}

/** Whether the server let the login prove that nobody is in between; to be asked after it. */
function offersChannelBinding(client: Client): () => boolean {
  let offered = false;
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.once("authenticationSASL", ({ mechanisms }: { mechanisms: string[] }) => {
    offered = mechanisms.includes("SCRAM-SHA-256-PLUS");
  });
  return () => offered;
}

/** The server in messages: the one of the route if there are several, else as the database is called. */
const nameOf = ({ label, routes }: Database, route: Route) =>
  routes.every((other) => other.label === route.label) ? label : route.label;

const pinnedTo = (database: Database, route: Route): Database => ({
  ...database,
  routes: [route],
  role: "any",
});

/** Asks about a session on another connection, which must answer in time. */
async function askAbout(route: Route, pid: number | undefined): Promise<SessionState> {
  const limit_ms = Math.min(10_000, route.silent_ms);
  const client = new pg.Client({
    ...route.config,
    connectionTimeoutMillis: limit_ms,
    query_timeout: limit_ms,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ state: string | null; event: string | null }>(
      "SELECT state, wait_event AS event FROM pg_stat_activity WHERE pid = $1",
      [pid ?? 0],
    );
    if (pid === undefined) return "running";
    if (rows[0] === undefined) return "gone";
    const { state, event } = rows[0];
    const isWaiting = state?.startsWith("idle") || event === "ClientRead" || event === "ClientWrite";
    return isWaiting ? "waiting for us" : "running";
  } catch (error) {
    // An error of the server is an answer, too.
    return isServerError(error) ? "running" : "no answer";
  } finally {
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}

/**
 * What a session of ours sets: the server writes dates and times as DuckDB reads them, and ends a session that it hears nothing
 * of, with the locks it holds. Nothing else sets these again.
 */
function sessionSettings({ silent_ms, keepalives }: Route): Record<string, string> {
  const patience = String(serverLimit_ms(silent_ms));
  return {
    datestyle: "ISO, YMD",
    timezone: "UTC",
    ...(keepalives === undefined
      ? {}
      : {
          tcp_keepalives_idle: String(keepalives.idle_s),
          tcp_keepalives_interval: String(keepalives.interval_s),
          tcp_keepalives_count: String(keepalives.count),
        }),
    ...(silent_ms === 0
      ? {}
      : {
          tcp_user_timeout: String(2 * silent_ms),
          client_connection_check_interval: "10000",
          idle_session_timeout: patience,
          idle_in_transaction_session_timeout: patience,
        }),
  };
}

/**
 * Sets what the session needs, unless another session than `$1` answers, which would be somebody else's. A server on Windows
 * cannot check connections.
 */
const openSql = `
  SELECT
    pg_backend_pid() AS pid,
    current_setting('server_version') AS version,
    current_setting('server_version_num')::int AS number,
    pg_is_in_recovery() AS standby,
    current_setting('transaction_read_only')::boolean AS read_only,
    (
      SELECT count(set_config(key, value, false))
      FROM json_each_text($2)
      WHERE pg_backend_pid() = $1
        AND NOT (key = 'client_connection_check_interval' AND version() ~* 'windows|mingw|visual c')
    ) AS settings
`;

/** Routes through a pooler that keeps sessions. */
const pooledRoutes = new WeakSet<Route>();

/**
 * Checks the server's version and that the connection has a session of its own, and sets what the session needs.
 *
 * @throws DATABASE_VERSION_UNSUPPORTED, DATABASE_POOLER_UNSUPPORTED, DATABASE_POOL_TOO_SMALL
 */
async function openSession(client: Client, route: Route, server: string): Promise<Session> {
  const settings = JSON.stringify(sessionSettings(route));
  const open = async (expected: number) => {
    const { rows } = await client.query<Opened>(openSql, [expected, settings]);
    return rows[0] as Opened;
  };
  const opened = await open((client as { processID?: number | null }).processID ?? 0);
  const { pid, version, number, standby: isStandby, read_only: isReadOnly } = opened;
  if (number < oldestVersion * 10_000) throw fail("DATABASE_VERSION_UNSUPPORTED", { server, version });
  const pooled = isPooled(client, pid);
  if (pooled) {
    if (!pooledRoutes.has(route)) {
      await requireOwnSession(client, pid, server, () => new pg.Client(route.config));
      pooledRoutes.add(route);
    }
    await open(pid);
  }
  return { pid, pooled, isStandby, isReadOnly };
}

interface Opened {
  readonly pid: number;
  readonly version: string;
  readonly number: number;
  readonly standby: boolean;
  readonly read_only: boolean;
}

/**
 * Checks that a connection which somebody else opened has a session of its own.
 *
 * @throws DATABASE_POOLER_UNSUPPORTED, DATABASE_POOL_TOO_SMALL
 */
export async function requireSession(client: Client): Promise<void> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const pid = rows[0]?.pid ?? 0;
  if (!isPooled(client, pid)) return;
  const { host, port, user, database, password, ssl } = client;
  const connectAnother = () =>
    new pg.Client({ host, port, user, database, password, ssl, connectionTimeoutMillis: 10_000 });
  await requireOwnSession(client, pid, `${host}:${port}/${database}`, connectAnother);
}

/** Leaves a session as it was found: a pool gives it to somebody else. */
async function resetSession(client: Client): Promise<void> {
  await client.query("ROLLBACK");
  await client.query("DISCARD ALL");
}
