import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll } from "vitest";
import { type Database, withClient } from "../../../src/database/connection.ts";
import { ForecastLabError } from "../../../src/errors.ts";
import { type Catalog, readCatalog } from "../../../src/migration/index.ts";
import { splitStatements } from "../../../src/migration/revisions/split-statements.ts";
import { rowsOf, urlOf } from "../../support/warehouse.ts";

/** A revision for {@link revisionsFolder}. Its default parent is the one before it in the list. */
export interface RevisionFile {
  readonly id: string;
  readonly up: string;
  readonly down?: string;
  readonly parent?: string;
  readonly transaction?: "none";
}

/** The text of the file of a revision. */
export function revisionText({ id, parent = "none", up, down = "", transaction }: RevisionFile): string {
  const mode = transaction ? "-- transaction: none\n" : "";
  return `-- revision: ${id}\n-- parent: ${parent}\n${mode}\n-- up\n${up}\n-- down\n${down}\n`;
}

/** Makes a folder with a chain of revisions. It is removed when the test file ends. */
export function revisionsFolder(...files: RevisionFile[]): string {
  const folder = mkdtempSync(join(tmpdir(), "forecastlab-revisions-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  for (const [index, file] of files.entries()) {
    const parent = file.parent ?? files[index - 1]?.id ?? "none";
    writeFileSync(join(folder, `${file.id}.sql`), revisionText({ ...file, parent }));
  }
  return folder;
}

/** A revision that succeeds, to put before one that is tested. */
export const good: RevisionFile = {
  id: "0001_good",
  up: "CREATE TABLE good (id integer);",
  down: "DROP TABLE good;",
};

/** The error of the catalog that a promise is rejected with; fails if it is not rejected. */
export async function failureOf(promise: Promise<unknown>): Promise<ForecastLabError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ForecastLabError) return error;
  throw error ?? new Error("it did not fail");
}

/** Reads the catalog of a database. */
export function catalogOf(database: Database): Promise<Catalog> {
  return withClient(database, readCatalog);
}

/** The names of the objects in a database, in the order of the catalog. */
export async function objectNames(database: Database): Promise<string[]> {
  return (await catalogOf(database)).map(({ name }) => name);
}

/** Finds what checks of a database left behind: scratch databases on its server, and scratch schemas in it. */
export function scratchLeftBy(database: Database): Promise<object[]> {
  return withClient(database, (client) =>
    rowsOf(
      client,
      `SELECT scratch.datname AS name
       FROM pg_database scratch, pg_database own
       WHERE own.datname = current_database() AND scratch.datname LIKE 'forecastlab_scratch_%\\_' || own.oid || '\\_%'
       UNION ALL
       SELECT nspname FROM pg_namespace WHERE nspname LIKE 'forecastlab%'`,
    ),
  );
}

const hasPsql = spawnSync("psql", ["--version"]).status === 0;

/** Runs a script with psql, as an administrator would, or, without psql, statement by statement. */
export async function runScript(database: Database, sql: string): Promise<void> {
  if (!hasPsql) {
    console.warn("!! psql is not installed: the script is run by the driver.");
    await withClient(database, async (client) => {
      for (const { text } of splitStatements(sql)) await client.query(text);
    });
    return;
  }
  const running = promisify(execFile)(
    "psql",
    ["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", urlOf(database)],
    { env: { ...process.env, PGOPTIONS: "-cclient_min_messages=warning" } },
  );
  running.child.stdin?.end(sql);
  const { stderr } = await running;
  if (stderr !== "") throw new Error(`psql: ${stderr}`);
}
