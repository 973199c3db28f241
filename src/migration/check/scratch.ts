import { randomBytes } from "node:crypto";
import { type Client, type Database, databaseBeside, withClient } from "../../database/connection.ts";
import { currentSchema } from "../../database/current-schema.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Target } from "../apply/session.ts";

/** A connection whose search path starts with an empty schema, which is gone when the work ends. */
export interface Scratch {
  readonly place: "database" | "schema";
  readonly client: Client;
  /** Makes another empty schema and puts it first on the search path. */
  nextSchema(): Promise<void>;
}

const prefix = "forecastlab_scratch_";

/**
 * Runs the work in a database made for it, or, where none can be made or reached, in a schema inside a transaction
 * that is rolled back. Names are spelled as in the live schema. Either is gone afterwards, whatever happens; a
 * database left by a process that was killed is dropped by a later call.
 *
 * @throws DATABASE_PERMISSION_DENIED or DATABASE_READ_ONLY where the role may do neither
 */
export async function withScratch<T>(
  client: Client,
  target: Target,
  work: (scratch: Scratch) => Promise<T>,
): Promise<T> {
  const name = "database" in target ? await createDatabase(client, target.signal) : undefined;
  if (name === undefined || !("database" in target)) return withScratchSchema(client, work);
  const { database, signal } = target;
  try {
    const inside = await connected(databaseBeside(database, name), signal, async (scratch) => {
      await workLike(client, scratch);
      return work({ place: "database", client: scratch, nextSchema: () => enterSchema(scratch) });
    });
    return inside === unreachable ? await withScratchSchema(client, work) : inside;
  } finally {
    await drop(client, database, name);
  }
}

/** Makes a scratch database and gives its name; undefined where the role or the server does not allow it. */
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
  await sweep(client);
  signal?.throwIfAborted();
  const name = `${prefix}${now}_${origin}_${randomBytes(4).toString("hex")}`;
  try {
    // template0: what an administrator put into template1 is not part of the migrations.
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
    return name;
  } catch (error) {
    // Some hosts take the right away where the catalog still shows it.
    if ((error as { code?: string }).code === "42501") return undefined;
    throw error;
  }
}

const unreachable = Symbol("no connection");

/** Runs the work on a connection; tells apart that there was none, as where a proxy knows only one database. */
async function connected<T>(
  database: Database,
  signal: AbortSignal | undefined,
  work: (client: Client) => Promise<T>,
): Promise<T | typeof unreachable> {
  let reached = false;
  try {
    return await withClient(
      database,
      (client) => {
        reached = true;
        return work(client);
      },
      signal,
    );
  } catch (error) {
    if (reached || signal?.aborted) throw error;
    return unreachable;
  }
}

/** Gives a scratch connection the schema and the search path of the live one. */
async function workLike(live: Client, scratch: Client): Promise<void> {
  const schema = await currentSchema(live);
  const { rows } = await live.query<{ path: string }>("SELECT current_setting('search_path') AS path");
  await scratch.query(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`);
  await scratch.query("SELECT set_config('search_path', $1, false)", [rows[0]?.path]);
  await scratch.query("SET synchronous_commit = off");
}

/** A cancelled connection may cancel the drop too; a new one cannot be meant by it. */
async function drop(client: Client, database: Database, name: string): Promise<void> {
  const statement = `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`;
  await client
    .query(statement)
    .catch(() => withClient(database, (other) => other.query(statement)))
    // What cannot be dropped now is swept later.
    .catch(() => {});
}

/** Drops scratch databases made more than ten minutes ago that nobody is connected to. */
async function sweep(client: Client): Promise<void> {
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

/** Nothing of it is ever committed, so nothing can be left over. */
async function withScratchSchema<T>(client: Client, work: (scratch: Scratch) => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    await client.query("SET LOCAL lock_timeout = '2s'");
    await enterSchema(client);
    return await work({ place: "schema", client, nextSchema: () => enterSchema(client) });
  } finally {
    await client.query("ROLLBACK").catch(() => {});
  }
}

/** The schemas that were on the path stay behind the new one: extensions live there. */
async function enterSchema(client: Client): Promise<void> {
  const name = `${prefix}${randomBytes(4).toString("hex")}`;
  await client.query(`CREATE SCHEMA ${name}`);
  await client.query(
    "SELECT set_config('search_path', concat_ws(', ', $1::text, nullif(current_setting('search_path'), '')), false)",
    [name],
  );
}
