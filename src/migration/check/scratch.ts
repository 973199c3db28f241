import { randomBytes } from "node:crypto";
import { type Client, type Database, databaseBeside, withClient } from "../../database/connection.ts";
import { currentSchema } from "../../database/current-schema.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";

/** A connection whose search path starts with an empty schema, which is removed when the work ends. */
export interface Scratch {
  readonly kind: "database" | "schema";
  readonly client: Client;
  /** Creates another empty schema and puts it first on the search path. */
  nextSchema(): Promise<void>;
}

const prefix = "forecastlab_scratch_";

/**
 * Runs the work in a scratch database, or, if none can be created or reached, in a scratch schema inside a transaction that
 * is rolled back. A scratch database is dropped even if the work fails; one that a killed process left is dropped by a later
 * call.
 *
 * @param client a connection to the live database; the scratch schema gets the same name and search path
 * @param database the database of the connection; undefined if only a scratch schema is possible
 * @throws DATABASE_PERMISSION_DENIED or DATABASE_READ_ONLY if the role may create neither
 */
export async function withScratch<T>(
  client: Client,
  database: Database | undefined,
  signal: AbortSignal | undefined,
  work: (scratch: Scratch) => Promise<T>,
): Promise<T> {
  if (database === undefined) return withScratchSchema(client, work);
  const name = await createDatabase(client, signal);
  if (name === undefined) return withScratchSchema(client, work);
  try {
    const result = await withReachable(databaseBeside(database, name), signal, async (scratch) => {
      await copySearchPath(client, scratch);
      return work({ kind: "database", client: scratch, nextSchema: () => enterSchema(scratch) });
    });
    return result === unreachable ? await withScratchSchema(client, work) : result;
  } finally {
    await drop(client, database, name);
  }
}

/** Creates a scratch database and returns its name; undefined if the role or the server does not allow it. */
async function createDatabase(client: Client, signal: AbortSignal | undefined): Promise<string | undefined> {
  const { rows } = await client.query<{ may: boolean; now: string; origin: string }>(
    `SELECT (rolcreatedb OR rolsuper) AND NOT pg_is_in_recovery()
         AND NOT current_setting('default_transaction_read_only')::boolean AS may,
       extract(epoch FROM now())::bigint AS now, d.oid AS origin
     FROM pg_roles, pg_database d
     WHERE rolname = current_user AND datname = current_database()`,
  );
  const { may, now, origin } = rows[0] ?? { may: false };
  if (!may) return undefined;
  await dropAbandoned(client);
  signal?.throwIfAborted();
  const name = `${prefix}${now}_${origin}_${randomBytes(4).toString("hex")}`;
  try {
    // Not template1: what an administrator added to it is not part of the migrations.
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
    return name;
  } catch (error) {
    // Some hosts revoke the right although the catalog still shows it.
    if ((error as { code?: string }).code === "42501") return undefined;
    throw error;
  }
}

const unreachable = Symbol("no connection");

/** Runs the work on a connection, or returns `unreachable`, for example if a proxy serves only one database. */
async function withReachable<T>(
  database: Database,
  signal: AbortSignal | undefined,
  work: (client: Client) => Promise<T>,
): Promise<T | typeof unreachable> {
  let connected = false;
  try {
    return await withClient(
      database,
      (client) => {
        connected = true;
        return work(client);
      },
      signal,
    );
  } catch (error) {
    if (connected || signal?.aborted) throw error;
    return unreachable;
  }
}

/** Gives the scratch connection a schema of the same name and the search path of the live connection. */
async function copySearchPath(live: Client, scratch: Client): Promise<void> {
  const schema = await currentSchema(live);
  const { rows } = await live.query<{ path: string }>("SELECT current_setting('search_path') AS path");
  await scratch.query(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
  await scratch.query("SELECT set_config('search_path', $1, false)", [rows[0]?.path]);
  await scratch.query("SET synchronous_commit = off");
}

/** A cancellation of the live connection may also cancel the drop; then a new connection drops it. */
async function drop(client: Client, database: Database, name: string): Promise<void> {
  const statement = `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`;
  await client
    .query(statement)
    .catch(() => withClient(database, (other) => other.query(statement)))
    // If this fails too, a later call drops it.
    .catch(() => {});
}

/** Drops scratch databases that are older than ten minutes and have no connections. */
async function dropAbandoned(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT datname AS name
     FROM pg_database
     WHERE datname ~ '^${prefix}[0-9]+_[0-9]+_[0-9a-f]+$'
       AND extract(epoch FROM now()) - split_part(datname, '_', 3)::bigint > 600
       AND datname NOT IN (SELECT datname FROM pg_stat_activity WHERE datname IS NOT NULL)`,
  );
  for (const { name } of rows) {
    await client.query(`DROP DATABASE IF EXISTS ${quoteIdentifier(name)}`).catch(() => {});
  }
}

/** The schema is never committed, so nothing can be left over. */
async function withScratchSchema<T>(client: Client, work: (scratch: Scratch) => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    await client.query("SET LOCAL lock_timeout = '2s'");
    await enterSchema(client);
    return await work({ kind: "schema", client, nextSchema: () => enterSchema(client) });
  } finally {
    await client.query("ROLLBACK").catch(() => {});
  }
}

/** The new schema goes first on the search path. The others stay on it, because extensions may be in them. */
async function enterSchema(client: Client): Promise<void> {
  const name = `${prefix}${randomBytes(4).toString("hex")}`;
  await client.query(`CREATE SCHEMA ${name}`);
  await client.query(
    "SELECT set_config('search_path', concat_ws(', ', $1::text, nullif(current_setting('search_path'), '')), false)",
    [name],
  );
}
