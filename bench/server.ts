import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, type Database, databaseOf, withClient, withDatabase } from "forecastlab";

/** The embedded PostgreSQL, as users run it, in its own home. Every case has its own database. */
export interface Server {
  readonly version: string;
  /** The current values of these parameters. */
  parameters(names: readonly string[]): Promise<Record<string, string>>;
  database(name: string): Database;
  /** Recreates the database as a copy of another one, which must have no connections. */
  clone(name: string, template: string): Promise<void>;
  drop(name: string): Promise<void>;
  /** Writes everything to disk, so that no case pays for the writes of another. */
  settle(): Promise<void>;
  /** Runs the work on a settled server, and counts what it writes to the partitions of the table and to the WAL. */
  observe<T>(name: string, table: string, work: () => Promise<T>): Promise<Observed<T>>;
}

export interface Observed<T> {
  readonly result: T;
  /** Row versions inserted, updated and deleted. */
  readonly rows_written: number;
  readonly wal_bytes: number;
}

export function withServer<T>(
  home: string,
  signal: AbortSignal,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  return withDatabase({ home, databaseUrl: undefined, postgresBin: undefined }, (database) =>
    withClient(database, async (client) => work(await start(client, urlOf(database))), signal),
  );
}

/** The connection string, for another process. */
export function urlOf({ url }: Database): string {
  return url;
}

async function start(client: Client, url: string): Promise<Server> {
  const database = (name: string) => {
    const own = new URL(url);
    own.pathname = `/${name}`;
    return databaseOf(own.href);
  };
  const drop = async (name: string) => {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  const settle = async () => {
    await client.query("CHECKPOINT");
    if (process.platform !== "win32") execFileSync("sync");
    await sleep(500);
  };
  // Autovacuum would run in some rounds and not in others. If a vacuum is due, the bench runs it between two cases.
  await client.query("ALTER SYSTEM SET autovacuum = off");
  await client.query("SELECT pg_reload_conf()");
  await sleep(200);
  return {
    version: await singleValue<string>(
      client,
      "SELECT split_part(current_setting('server_version'), ' ', 1)",
    ),
    parameters: (names) => readParameters(client, names),
    database,
    drop,
    settle,
    clone: async (name, template) => {
      await drop(name);
      await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
    },
    observe: async (name, table, work) => {
      const rowsBefore = await rowsWritten(database(name), table);
      await settle();
      const position = await singleValue<string>(client, "SELECT pg_current_wal_insert_lsn()");
      const result = await work();
      await untilAlone(client, name);
      const wal_bytes = Number(
        await singleValue(client, `SELECT pg_current_wal_insert_lsn() - '${position}'::pg_lsn`),
      );
      const rowsAfter = await rowsWritten(database(name), table);
      const rows_written = [...rowsAfter].reduce(
        (sum, [id, rows]) => sum + rows - (rowsBefore.get(id) ?? 0),
        0,
      );
      return { result, rows_written, wal_bytes };
    },
  };
}

async function readParameters(client: Client, names: readonly string[]): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; value: string }>(
    "SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name",
    [names],
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** Waits until no other session is listed: by then, all of them have reported their statistics. */
async function untilAlone(client: Client, name: string): Promise<void> {
  const others = "SELECT count(*)::int FROM pg_stat_activity WHERE datname = $1";
  while ((await singleValue<number>(client, others, [name])) > 0) await sleep(20);
}

/**
 * Row versions written so far to each partition, by object id. A partition that was swapped in is a new table, so all of its
 * rows count as written.
 */
function rowsWritten(database: Database, table: string): Promise<Map<number, number>> {
  return withClient(database, async (client) => {
    const { rows } = await client.query<{ id: number; rows: number }>(
      `SELECT relid AS id, (n_tup_ins + n_tup_upd + n_tup_del)::float8 AS rows FROM pg_stat_user_tables
       WHERE relid = to_regclass($1) OR relid IN (SELECT relid FROM pg_partition_tree(to_regclass($1)))`,
      [table],
    );
    return new Map(rows.map(({ id, rows }) => [id, rows]));
  });
}

/** The result of a query that returns a single value. */
async function singleValue<T>(client: Client, text: string, values: unknown[] = []): Promise<T> {
  const { rows } = await client.query<unknown[]>({ text, values, rowMode: "array" });
  return rows[0]?.[0] as T;
}
