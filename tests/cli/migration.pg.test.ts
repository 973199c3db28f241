import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { run as runProgram } from "../../src/cli/run.ts";
import { type Database, withClient } from "../../src/database/connection.ts";
import { compareCatalogs, type Finding, readCatalog, status, upgrade } from "../../src/migration/index.ts";
import { readRevisions } from "../../src/migration/revisions/revisions.ts";
import { revisionsFolder, runScript } from "../migration/support/migration.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { forecastlab } from "./support/command-line.ts";
import { rememberingStreams } from "./support/streams.ts";

const chain = readRevisions().map(({ id }) => id);
const [first = "", second = ""] = chain;
const head = chain.at(-1) ?? "";
const catalogOf = (database: Database) => withClient(database, readCatalog);

/** Runs a command on a database, from its folder of revisions if it has one. */
const on =
  (database: Database, folder?: string) =>
  (...args: string[]) =>
    forecastlab(args, {
      env: { DATABASE_URL: urlOf(database), FORECASTLAB_MIGRATIONS: folder, NO_COLOR: "1" },
    });

describe("the migration commands", async () => {
  const database = await freshDatabase({ empty: true });
  const migrated = await freshDatabase();
  const full = await freshDatabase();
  const run = on(database);

  test("upgrade, current, history, check and downgrade report what they did and the state", async () => {
    const [nothing, behind] = await Promise.all([run("current"), run("check")]);
    expect(nothing).toMatchObject({ status: 0, stdout: "base\n" });
    expect(behind.status).toBe(3);
    expect(behind.stdout).toContain(`revision ${first}`);

    const up = await run("upgrade", "+1");
    expect(up).toMatchObject({ status: 0, stderr: "" });
    expect(up.stdout).toMatch(
      new RegExp(`^applied ${first} \\(\\d+ ms\\)\nThe warehouse is at ${first}.\n$`),
    );
    expect((await run("current")).stderr).toContain(`Not applied: ${second}`);
    expect((await run("upgrade")).stdout).toContain(`The warehouse is at ${head} (head).`);

    const [again, current, history, clean] = await Promise.all([
      run("upgrade"),
      run("current"),
      run("history"),
      run("check"),
    ]);
    expect(again.stdout).toBe(`Nothing to do; the warehouse is at ${head} (head).\n`);
    expect(current.stdout).toBe(`${head} (head)\n`);
    const lines = history.stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["revision", ...chain.toReversed()]);
    expect(lines[1]).toMatch(/UTC +\w+ +head, current$/);
    expect(clean).toMatchObject({ status: 0, stderr: "" });
    expect(clean.stdout).toBe(
      `No differences: model, revisions and live schema agree (at ${head}, head; scratch database).\n`,
    );
    const down = await run("downgrade", "-1");
    expect(down).toMatchObject({ status: 0 });
    expect(down.stdout).toContain(`reverted ${head}`);
  });

  test("upgrade --dry-run prints the plan and its SQL, which psql can run, and changes nothing", async () => {
    const { status: exit, stdout, stderr } = await run("upgrade", "--dry-run");
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout).toMatch(/^-- dry run: nothing was changed in .*, schema public\n/);
    expect(stdout).toContain(`-- at ${chain.at(-2)}, would be at ${head} (head)\n-- would apply ${head}\n`);
    expect(stdout).toContain("CREATE TABLE load_run (");
    expect(await status(database)).toMatchObject({ revision: chain.at(-2) });
    await runScript(database, stdout);
    expect(await status(database)).toMatchObject({ revision: head });
    expect((await run("upgrade", "--dry-run")).stdout).toContain(`-- at ${head} (head); nothing to do\n`);
    const json = (await run("downgrade", "-1", "--dry-run", "--json")).json;
    expect(json).toMatchObject({ dry_run: true, from: head, to: chain.at(-2), losses: [] });
    expect(json.steps).toEqual([expect.objectContaining({ revision: head, direction: "down" })]);
    expect((await run("upgrade", "--dry-run", "--sql")).status).toBe(2);
  });

  test("downgrade shows how many rows it would delete, and deletes them only after a yes", async () => {
    const target = ["downgrade", "base"];
    await withClient(full, (client) =>
      client.query("INSERT INTO store (code, name) VALUES ('1', 'a'), ('2', 'b')"),
    );
    const dry = await on(full)(...target, "--dry-run");
    expect(dry).toMatchObject({ status: 0 });
    expect(dry.stdout).toContain(`-- would delete 2 rows of store (${first})\n`);
    const refused = await on(full)(...target, "--json");
    expect(refused.status).toBe(2);
    expect(refused.json.error).toMatchObject({
      code: "DOWNGRADE_LOSES_ROWS",
      received: { losses: "2 rows of store" },
    });

    const answering = async (answer: string) => {
      const { written, ...streams } = rememberingStreams({ isTTY: true });
      const stdin = Object.assign(Readable.from([answer]), { isTTY: true }) as unknown as NodeJS.ReadStream;
      const environment = { DATABASE_URL: urlOf(full), NO_COLOR: "1" };
      const { signal } = new AbortController();
      return {
        exit: await runProgram(target, { streams: { ...streams, stdin }, environment, signal }),
        written,
      };
    };
    for (const answer of ["no\n", "\n", ""]) {
      const { exit, written } = await answering(answer);
      expect(exit).toBe(2);
      expect(written.stderr).toContain("  2 rows of store\nDelete it? [y/N] ");
    }
    expect(await status(full)).toMatchObject({ revision: head });
    expect((await answering("yes\n")).exit).toBe(0);
    expect(await status(full)).toMatchObject({ revision: null });

    await upgrade(full);
    await withClient(full, (client) => client.query("INSERT INTO store (code, name) VALUES ('1', 'a')"));
    expect(await on(full)(...target, "--yes")).toMatchObject({ status: 0 });
  });

  test("with --json print one object each", async () => {
    expect((await run("upgrade", "--json")).json).toMatchObject({ schema: "public", to: head, head });
    const [current, history, check, stamp, script, refused] = await Promise.all([
      run("current", "--json"),
      run("history", "--json"),
      run("check", "--json"),
      run("stamp", "head", "--json"),
      run("upgrade", "--sql", "--json"),
      run("upgrade", "9999", "--json"),
    ]);
    expect(current.json).toMatchObject({ revision: head, head, pending: [], edited: [] });
    expect(history.json.history).toHaveLength(chain.length);
    expect(check.json).toMatchObject({ clean: true, findings: [], not_examined: [] });
    expect(stamp.json).toMatchObject({ added: [], removed: [], refreshed: [] });
    expect(script.json.sql).toContain("CREATE TABLE store");
    expect(refused.status).toBe(2);
    expect(refused.json.error).toMatchObject({ code: "REVISION_UNKNOWN", received: { revision: "9999" } });
  });

  test("check lists what a person changed by hand, one line each, and exits with 3", async () => {
    await withClient(database, (client) =>
      client.query("DROP INDEX ix_store_code; ALTER TABLE sales_daily ALTER quantity TYPE bigint"),
    );
    const { status: exit, stdout } = await run("check");
    expect(exit).toBe(3);
    expect(stdout).toBe(`The live schema differs from the revisions applied to a scratch database
  column sales_daily.quantity   type: expected integer, found bigint
  index ix_store_code on store  missing: expected CREATE UNIQUE INDEX ix_store_code ON store USING btree (code)

2 differences; the database is at ${head}, head.
`);
  });

  test("check fails with a code of its own if it found no difference but could not examine everything", async () => {
    const readOnly = `${urlOf(migrated)}?options=-cdefault_transaction_read_only%3Don`;
    const env = { DATABASE_URL: readOnly, NO_COLOR: "1" };
    const [json, text, drifted] = await Promise.all([
      forecastlab(["check", "--json"], { env }),
      forecastlab(["check"], { env }),
      forecastlab(["check"], { env: { ...env, FORECASTLAB_MIGRATIONS: revisionsFolder() } }),
    ]);
    expect(json.status).toBe(1);
    expect(json.json).toMatchObject({
      clean: false,
      complete: false,
      findings: [],
      not_examined: [expect.stringContaining("read-only transaction")],
      error: { code: "CHECK_INCOMPLETE" },
    });
    expect(text).toMatchObject({ status: 1, stdout: "" });
    expect(text.stderr).toContain(
      "could not examine 1 thing: the live schema and the migrations: cannot execute CREATE SCHEMA in a read-only transaction. [CHECK_INCOMPLETE]",
    );
    // Differences say more than what could not be examined.
    expect(drifted.status).toBe(3);
    expect(drifted.stderr).toContain("not examined: the live schema");
  });

  test("check --no-model compares only revisions and live schema", async () => {
    const run = on(migrated, revisionsFolder());
    expect((await run("check", "--json")).json.findings.map(({ topic }: Finding) => topic)).toContain(
      "model",
    );
    const others = (await run("check", "--no-model", "--json")).json;
    expect(new Set(others.findings.map(({ topic }: Finding) => topic))).toEqual(new Set(["revisions"]));
  });

  test("wrong usage exits with 2 and says what is right", async () => {
    const wrong = [["downgrade"], ["downgrade", "-99"], ["upgrade", "+99"], ["upgrade", "-1"], ["revision"]];
    const results = await Promise.all(wrong.map((args) => run(...args)));
    expect(results.map(({ status }) => status)).toEqual(wrong.map(() => 2));
    const unknown = await run("stamp", "nothing");
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain(`Valid are ${chain.join(", ")}`);
  });
});

describe("--sql, without any connection,", async () => {
  const piped = await freshDatabase({ empty: true });
  const migrated = await freshDatabase({ empty: true });
  // A server that does not exist: whoever connects fails.
  const offline = (...args: string[]) =>
    forecastlab(args, { env: { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" } });

  test("prints an upgrade that psql runs to the same catalog and the same revision table", async () => {
    const { status: exit, stdout } = await offline("upgrade", "--sql");
    expect(exit).toBe(0);
    await runScript(piped, stdout);
    await upgrade(migrated);
    expect(compareCatalogs(await catalogOf(migrated), await catalogOf(piped))).toEqual([]);
    expect(await status(piped)).toMatchObject({ revision: head, head });
    expect((await upgrade(piped)).steps).toEqual([]);
  });

  test("refuses by itself to run twice, and changes nothing", async () => {
    const { stdout } = await offline("upgrade", "--sql");
    await expect(runScript(piped, stdout)).rejects.toThrow(
      /is not where 0001_create_data_platform_tables starts from/,
    );
    expect(compareCatalogs(await catalogOf(migrated), await catalogOf(piped))).toEqual([]);
  });

  test("prints a downgrade, and any part of the way", async () => {
    const [down, up, base] = await Promise.all([
      offline("downgrade", "-1", "--sql"),
      offline("upgrade", `${chain.at(-2)}:head`, "--sql"),
      offline("downgrade", "base", "--sql"),
    ]);
    await runScript(piped, down.stdout);
    expect(await status(piped)).toMatchObject({ revision: chain.at(-2) });
    await runScript(piped, up.stdout);
    expect(compareCatalogs(await catalogOf(migrated), await catalogOf(piped))).toEqual([]);
    await runScript(piped, base.stdout);
    expect(await catalogOf(piped)).toEqual([]);
    expect(await status(piped)).toMatchObject({ revision: null });
  });

  test("prints revisions that run outside a transaction so that they do", async () => {
    const folder = revisionsFolder(
      { id: "0001_table", up: "CREATE TABLE t (id integer);", down: "DROP TABLE t;" },
      {
        id: "0002_index",
        transaction: "none",
        up: "CREATE INDEX CONCURRENTLY ix_t ON t (id);",
        down: "DROP INDEX CONCURRENTLY ix_t;",
      },
    );
    await runScript(piped, (await offline("upgrade", "--sql", "--migrations", folder)).stdout);
    expect((await catalogOf(piped)).map(({ name }) => name)).toContain("ix_t");
    await runScript(piped, (await offline("downgrade", "base", "--sql", "--migrations", folder)).stdout);
    expect(await catalogOf(piped)).toEqual([]);
  });

  test("refuses a range that does not lead to the target", async () => {
    const wrong = [
      ["upgrade", "head:base"],
      ["upgrade", `head:${first}`],
      ["downgrade", `${first}:head`],
    ];
    const results = await Promise.all(wrong.map((args) => offline(...args, "--sql")));
    expect(results.map(({ status }) => status)).toEqual([2, 2, 2]);
  });
});

describe("revision", async () => {
  const database = await freshDatabase({ empty: true });

  test("writes the model's changes, up and down, into a folder, and nothing the second time", async () => {
    const folder = revisionsFolder();
    const run = on(database, folder);
    const written = await run("revision", "-m", "The whole Model!", "--json");
    expect(written.json).toMatchObject({ revision: "0001_the_whole_model", parent: null });
    expect(readdirSync(folder).sort()).toEqual(["0001_the_whole_model.sql", "model.json"]);
    const file = readFileSync(written.json.path, "utf8");
    expect(file).toMatch(/^-- revision: 0001_the_whole_model\n-- parent: none\n/);
    expect(file).toContain("CREATE TABLE sales_daily (");
    expect(file).toContain("DROP TABLE sales_daily;");

    await upgrade(database, { folder });
    const [again, clean] = await Promise.all([run("revision", "-m", "again"), run("check")]);
    expect(again.stdout).toBe("Nothing to write: the model and the revisions agree.\n");
    expect(clean.stdout).toContain("No differences");
    const empty = await run("revision", "-m", "by hand", "--empty");
    expect(empty.stdout).toMatch(/^wrote .*0002_by_hand.sql\n$/);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  test("does not write into an installed package", async () => {
    const folder = `${revisionsFolder()}/node_modules/forecastlab/migrations`;
    const refused = await on(database, folder)("revision", "-m", "x");
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain("MIGRATIONS_PACKAGED");
    expect(existsSync(folder)).toBe(false);
  });
});
