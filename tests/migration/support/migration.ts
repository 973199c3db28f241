import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll } from "vitest";
import { type Database, withClient } from "../../../src/database/connection.ts";
import { splitStatements } from "../../../src/migration/revisions/split-statements.ts";
import { rowsOf, urlOf } from "../../support/warehouse.ts";

/** A revision for {@link revisionsFolder}; its parent is the one before it in the list, unless it says otherwise. */
export interface RevisionFile {
  readonly id: string;
  readonly up: string;
  readonly down?: string;
  readonly parent?: string;
  readonly transaction?: "none";
}

/** The text of a revision's file. */
export function revisionText({ id, parent = "none", up, down = "", transaction }: RevisionFile): string {
  const mode = transaction ? "-- transaction: none\n" : "";
  return `-- revision: ${id}\n-- parent: ${parent}\n${mode}\n-- up\n${up}\n-- down\n${down}\n`;
}

/** A folder with the given chain of revisions, gone when the test file ends. */
export function revisionsFolder(...files: RevisionFile[]): string {
  const folder = mkdtempSync(join(tmpdir(), "forecastlab-revisions-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  for (const [index, file] of files.entries()) {
    const parent = file.parent ?? files[index - 1]?.id ?? "none";
    writeFileSync(join(folder, `${file.id}.sql`), revisionText({ ...file, parent }));
  }
  return folder;
}

/** What is left of checks of a database: scratch databases on its server, scratch schemas in it. */
export function scratchLeftOf(database: Database): Promise<object[]> {
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

/** Runs a script through psql, as an administrator would; where there is no psql, one statement after the other. */
export async function runScript(database: Database, sql: string): Promise<void> {
  if (!hasPsql) {
    console.warn("!! psql is not installed: the script is run through the driver.");
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
