import { randomBytes } from "node:crypto";
import { afterAll, inject } from "vitest";
import { type Client, type Database, databaseOf, withClient } from "../../src/database/connection.ts";

/** The major versions the suite runs on; 18 is the embedded one. */
export function serverVersions(): string[] {
  return Object.keys(inject("servers"));
}

/**
 * A database of its own for a test file: cloned from the migrated template, empty, or `like` one that nobody is connected to.
 * Dropped when the file ends. Call it at the top level of a file or of a describe.
 */
export async function freshDatabase(
  options: { server?: string; empty?: boolean; like?: Database } = {},
): Promise<Database> {
  const { server = "18", empty = false, like } = options;
  const url = inject("servers")[server];
  if (url === undefined) throw new Error(`the suite has no PostgreSQL ${server}`);
  const name = `t_${randomBytes(6).toString("hex")}`;
  const original = like && new URL(urlOf(like)).pathname.slice(1);
  const template = original ?? (empty ? "template0" : inject("template"));
  // A tenth of the time of the default, which writes every page to the log.
  const create = `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`;
  await withClient(databaseOf(url), (client) => client.query(create));
  afterAll(() =>
    withClient(databaseOf(url), (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  );
  const target = new URL(url);
  target.pathname = `/${name}`;
  return databaseOf(target.href);
}

/** The connection string of a database made by {@link freshDatabase}, for running the command line on it. */
export function urlOf(database: Database): string {
  return database.url;
}

/** All rows of one query. */
export async function rowsOf<Row extends object>(
  client: Client,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await client.query<Row>(sql, values)).rows;
}
