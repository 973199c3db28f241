import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Database, withClient } from "../../src/database/connection.ts";
import { readRevisions, upgrade } from "../../src/migration/index.ts";
import { revisionsFolder, revisionText } from "../migration/support/migration.ts";
import { removeFolder, temporaryDataFolder } from "../support/temporary.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { forecastlab } from "./support/command-line.ts";

const chain = readRevisions().map(({ id }) => id);
const [first = ""] = chain;
const head = chain.at(-1) ?? "";

const on =
  (database: Database, folder?: string) =>
  (...args: string[]) =>
    forecastlab(args, {
      env: { DATABASE_URL: urlOf(database), FORECASTLAB_MIGRATIONS: folder, NO_COLOR: "1" },
    });
const nameOf = (database: Database) => new URL(urlOf(database)).pathname.slice(1);

describe("status", async () => {
  const database = await freshDatabase({ empty: true });
  const good = { id: "0001_good", up: "CREATE TABLE good (id integer);", down: "DROP TABLE good;" };
  const better = { id: "0002_better", up: "CREATE TABLE better (id integer);", down: "DROP TABLE better;" };
  const folder = revisionsFolder(good, better);
  const run = on(database, folder);

  test("says that there is no warehouse, what is pending, and that it is at head", async () => {
    const nothing = await run("status");
    expect(nothing.status).toBe(0);
    expect(nothing.stdout).toContain(`/${nameOf(database)}, schema public\n`);
    expect(nothing.stdout).toContain("state     not migrated: there is no warehouse yet\nrevision  base\n");
    expect(nothing.stdout).toContain("pending   0001_good, 0002_better\n");
    expect(nothing.stderr).toContain("forecastlab upgrade");

    await upgrade(database, { folder, target: "+1" });
    expect((await run("status", "--json")).json).toEqual({
      database: expect.stringContaining(nameOf(database)),
      schema: "public",
      state: "behind",
      revision: "0001_good",
      head: "0002_better",
      pending: ["0002_better"],
      edited: [],
      unknown: [],
      out_of_order: [],
    });
    await upgrade(database, { folder });
    expect((await run("status")).stdout).toContain("state     at head\n");
  });

  test("names revisions that were edited and revisions without a file", async () => {
    const other = revisionsFolder({ ...good, up: `${good.up} -- edited` });
    expect((await on(database, other)("status", "--json")).json).toMatchObject({
      state: "inconsistent",
      revision: "0001_good",
      edited: ["0001_good"],
      unknown: ["0002_better"],
    });
  });
});

describe("heads and show", async () => {
  const offline = (folder: string | undefined, ...args: string[]) =>
    forecastlab(args, {
      env: { DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none", FORECASTLAB_MIGRATIONS: folder },
    });
  const migrated = await freshDatabase();

  test("heads prints the head, or both heads of a branch, without a connection", async () => {
    expect((await offline(undefined, "heads")).stdout).toBe(`${head} (head)\n`);
    const folder = revisionsFolder({ id: "0001_a", up: "SELECT 1;" }, { id: "0002_b", up: "SELECT 2;" });
    writeFileSync(
      join(folder, "0002_c.sql"),
      revisionText({ id: "0002_c", parent: "0001_a", up: "SELECT 3;" }),
    );
    const branched = await offline(folder, "heads");
    expect(branched).toMatchObject({ status: 0, stdout: "0002_b (head)\n0002_c (head)\n" });
    expect((await offline(folder, "heads", "--json")).json).toEqual({ heads: ["0002_b", "0002_c"] });
    expect((await offline(folder, "show", "head", "--json")).json.revisions).toHaveLength(2);
    expect((await offline(folder, "upgrade", "--sql")).stderr).toContain("REVISION_HEADS");
  });

  test("show prints a revision by its prefix, head, and the current one of the database", async () => {
    const shown = await offline(undefined, "show", "0001");
    expect(shown.status).toBe(0);
    expect(shown.stdout).toMatch(
      new RegExp(`^revision {5}${first}\nparent {7}none\nfile .*/${first}\\.sql\n`),
    );
    expect(shown.stdout).toMatch(/-- up\nCREATE [\s\S]+-- down\nDROP TABLE /);
    expect((await offline(undefined, "show", "head", "--json")).json.revisions).toEqual([
      expect.objectContaining({ revision: head, parent: chain.at(-2), head: true, transactional: true }),
    ]);
    expect((await on(migrated)("show", "current")).stdout).toContain(`revision     ${head} (head)\n`);
    expect((await offline(undefined, "show", "9")).status).toBe(2);
  });
});

describe("a command that misses a table says what is the case:", async () => {
  const [empty, behind, changed] = [
    await freshDatabase({ empty: true }),
    await freshDatabase({ empty: true }),
    await freshDatabase(),
  ];
  const out = temporaryDataFolder("forecastlab-status-");
  afterAll(() => removeFolder(out));
  const frame = ["frame", "--cutoff", "2024-01-01", "--horizon", "1", "--out", join(out, "f.parquet")];
  const stores = join(out, "store.csv");
  writeFileSync(stores, "code,name\n1,One\n");

  test.for([
    ["loads"],
    ["rollup"],
    ["calendar", "--from", "2024-01-01", "--to", "2024-01-02"],
    ["load", "store", stores],
    frame,
  ])("there is no warehouse yet: %s", async (args) => {
    const { status, json } = await on(empty)(...args, "--json");
    expect(status).toBe(1);
    expect(json.error.code).toBe("SCHEMA_MISSING");
    expect(json.error.message).toContain(`the database ${nameOf(empty)} at `);
    expect(json.error.message).toMatch(/, schema public, has no warehouse yet\.$/);
  });

  test("the warehouse is behind the head", async () => {
    await upgrade(behind, { target: first });
    const { json, stderr } = await on(behind)("loads", "--json");
    expect(stderr).toBe("");
    expect(json.error).toMatchObject({
      code: "SCHEMA_OUTDATED",
      received: { revision: first, head, reason: 'relation "load_run" does not exist' },
    });
    expect((await on(behind)("loads")).stderr).toContain("forecastlab upgrade");
  });

  test("the warehouse is at head, and somebody dropped the table", async () => {
    await withClient(changed, (client) => client.query("DROP TABLE load_run"));
    const { status, stderr } = await on(changed)("loads");
    expect(status).toBe(1);
    expect(stderr).toContain(`is at head (${head}), but something in it is missing: relation "load_run"`);
    expect(stderr).toContain("[SCHEMA_CHANGED]");
    expect(stderr).toContain("forecastlab check");
  });
});
