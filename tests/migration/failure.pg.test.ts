import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Database, databaseOf, withClient } from "../../src/database/connection.ts";
import { ForecastLabError } from "../../src/errors.ts";
import { check, downgrade, readCatalog, stamp, status, upgrade } from "../../src/migration/index.ts";
import { freshDatabase, rowsOf, serverVersions, urlOf } from "../support/warehouse.ts";
import { revisionsFolder, scratchLeftOf } from "./support/migration.ts";

/** The error a promise fails with. */
async function failure(promise: Promise<unknown>): Promise<ForecastLabError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ForecastLabError) return error;
  throw error ?? new Error("it did not fail");
}

const catalogOf = (database: Database) => withClient(database, readCatalog);
const names = async (database: Database) => (await catalogOf(database)).map(({ name }) => name);

const good = { id: "0001_good", up: "CREATE TABLE good (id integer);", down: "DROP TABLE good;" };

describe("a revision that fails", async () => {
  const database = await freshDatabase({ empty: true });
  const other = await freshDatabase({ empty: true });

  test("leaves nothing of itself, keeps those before it, and names the line", async () => {
    const folder = revisionsFolder(good, {
      id: "0002_bad",
      up: "CREATE TABLE half (id integer);\n\nSELECT 'ü';\nINSERT INTO half\nVALUES (nonsense);",
    });
    const error = await failure(upgrade({ database, folder }));
    expect(error.code).toBe("REVISION_FAILED");
    expect(error.message).toBe(
      'The revision 0002_bad failed (0002_bad.sql, line 9) and nothing of it was kept: column "nonsense" does not exist.',
    );
    expect(await names(database)).toEqual(["good", "id"]);
    expect(await status({ database, folder })).toMatchObject({ revision: "0001_good" });
  });

  test("on its way down leaves everything as it was", async () => {
    const folder = revisionsFolder(good, {
      id: "0002_view",
      up: "CREATE TABLE two (id integer);",
      down: "DROP TABLE two;\nDROP TABLE good;\nDROP TABLE two;",
    });
    await upgrade({ database, folder });
    const before = await catalogOf(database);
    const error = await failure(downgrade({ database, folder, target: "base" }));
    expect(error.message).toContain('table "two" does not exist');
    expect(await catalogOf(database)).toEqual(before);
    expect(await status({ database, folder })).toMatchObject({ revision: "0002_view" });
  });

  test("when its row cannot be written leaves nothing either", async () => {
    const folder = revisionsFolder({
      id: "0001_deferred",
      up: `CREATE TABLE a (id integer PRIMARY KEY);
           CREATE TABLE b (id integer REFERENCES a DEFERRABLE INITIALLY DEFERRED);
           INSERT INTO b VALUES (1);`,
    });
    const error = await failure(upgrade({ database: other, folder }));
    expect(error.code).toBe("REVISION_FAILED");
    expect(error.message).toContain('Key (id)=(1) is not present in table "a"');
    expect(await names(other)).toEqual([]);
    expect(await status({ database: other, folder })).toMatchObject({ revision: null });
  });

  test("without a way down is refused before anything is taken back", async () => {
    const folder = revisionsFolder(
      { id: "0001_one_way", up: "CREATE TABLE one_way ();", down: "-- nothing" },
      { id: "0002_next", up: "CREATE TABLE next ();", down: "DROP TABLE next;" },
    );
    await upgrade({ database: other, folder });
    const error = await failure(downgrade({ database: other, folder, target: "base" }));
    expect(error.code).toBe("REVISION_IRREVERSIBLE");
    expect(await names(other)).toEqual(["next", "one_way"]);
  });

  test("and the SET of one revision decides nothing for the next", async () => {
    const place = await freshDatabase({ empty: true });
    const folder = revisionsFolder(
      { id: "0001_set", up: "CREATE SCHEMA elsewhere; SET search_path = elsewhere;" },
      { id: "0002_table", up: "CREATE TABLE here ();" },
    );
    await upgrade({ database: place, folder });
    expect(await names(place)).toEqual(["here"]);
  });
});

describe("a revision outside a transaction", async () => {
  const database = await freshDatabase({ empty: true });
  const index = {
    id: "0002_index",
    transaction: "none" as const,
    up: "CREATE INDEX CONCURRENTLY ix_good ON good (id);\nCREATE INDEX CONCURRENTLY ix_bad ON good (nonsense);",
    down: "DROP INDEX CONCURRENTLY ix_good;",
  };

  test("that fails half-way says what is done and what is not", async () => {
    const folder = revisionsFolder(good, index);
    const error = await failure(upgrade({ database, folder }));
    expect(error.code).toBe("REVISION_HALF_DONE");
    expect(error.message).toBe(
      "The revision 0002_index, which runs outside a transaction, failed (0002_index.sql, line 7, statement 2 of 2): " +
        'column "nonsense" does not exist. Done and kept: the statement before it.',
    );
    expect(error.action).toContain("forecastlab stamp 0002_index");
    expect(await names(database)).toContain("ix_good");
    expect(await status({ database, folder })).toMatchObject({ revision: "0001_good" });
  });

  test("goes up and down where all is well", async () => {
    const folder = revisionsFolder(good, { ...index, up: "CREATE INDEX CONCURRENTLY ix_good ON good (id);" });
    await withClient(database, (client) => client.query("DROP INDEX ix_good"));
    await upgrade({ database, folder });
    expect(await names(database)).toContain("ix_good");
    expect((await check({ database, folder, model: {} })).findings).toEqual([]);
    await downgrade({ database, folder, target: "-1" });
    expect(await names(database)).not.toContain("ix_good");
  });
});

describe("files that do not fit the database", async () => {
  const database = await freshDatabase({ empty: true });
  const second = { id: "0002_second", up: "CREATE TABLE second ();", down: "DROP TABLE second;" };
  const folder = revisionsFolder(good, second);

  test("an applied file that was edited is refused, and stamp accepts it", async () => {
    await upgrade({ database, folder });
    appendFileSync(join(folder, "0001_good.sql"), "-- edited\n");
    for (const run of [
      () => upgrade({ database, folder }),
      () => downgrade({ database, folder, target: "-1" }),
    ]) {
      const error = await failure(run());
      expect(error.code).toBe("REVISION_EDITED");
      expect(error.message).toContain("0001_good");
      expect(error.action).toContain("forecastlab stamp 0002_second");
    }
    expect(await stamp({ database, folder, target: "0002" })).toMatchObject({
      added: [],
      removed: [],
      refreshed: ["0001_good"],
    });
    expect((await upgrade({ database, folder })).steps).toEqual([]);
  });

  test("stamp writes down any state, and base takes the ledger away", async () => {
    expect(await stamp({ database, folder, target: "0001" })).toMatchObject({ removed: ["0002_second"] });
    expect(await status({ database, folder })).toMatchObject({ revision: "0001_good" });
    expect(await stamp({ database, folder, target: "head" })).toMatchObject({ added: ["0002_second"] });
    expect(await stamp({ database, folder, target: "head" })).toMatchObject({
      added: [],
      removed: [],
      refreshed: [],
    });
    expect(await stamp({ database, folder, target: "base" })).toMatchObject({ to: null });
    expect(await status({ database, folder })).toMatchObject({ revision: null });
    await stamp({ database, folder, target: "head" });
  });

  test("two heads are refused, and both named", async () => {
    const branched = revisionsFolder(good, second, { id: "0002_theirs", parent: "0001_good", up: "" });
    const error = await failure(upgrade({ database, folder: branched }));
    expect(error.code).toBe("REVISION_HEADS");
    expect(error.message).toContain("0002_second and 0002_theirs");
  });

  test("a revision the database has and the folder has not is named", async () => {
    const error = await failure(upgrade({ database, folder: revisionsFolder(good) }));
    expect(error.code).toBe("LEDGER_MISMATCH");
    expect(error.message).toContain("0002_second");
  });

  test("a revision applied without the one before it is named", async () => {
    const between = revisionsFolder(good, { id: "0001b_between", up: "" }, second);
    const error = await failure(upgrade({ database, folder: between }));
    expect(error.message).toContain("applied 0002_second but not 0001b_between before it");
  });

  test("a database without a schema to work in is named", async () => {
    const nowhere = databaseOf(`${urlOf(database)}?options=-csearch_path%3Dnowhere`);
    const error = await failure(upgrade({ database: nowhere, folder }));
    expect(error.code).toBe("SCHEMA_NOT_CHOSEN");
    expect(error.message).toContain("the search path is nowhere");
  });
});

describe("locks", async () => {
  const database = await freshDatabase({ empty: true });
  const folder = revisionsFolder(good, {
    id: "0002_alter",
    up: "ALTER TABLE good ADD more text;",
    down: "ALTER TABLE good DROP more;",
  });

  test("held by others are waited for a little, again and again, and who holds them is told", async () => {
    await upgrade({ database, folder, target: "0001" });
    const retries: string[] = [];
    await withClient(database, async (reader) => {
      await reader.query("SET application_name = 'a long report'; BEGIN; SELECT FROM good");
      const error = await failure(
        upgrade({
          database,
          folder,
          patience: { lockTimeout_ms: 50, attempts: 3, onRetry: (_, holders) => retries.push(holders) },
        }),
      );
      expect(error.code).toBe("DATABASE_LOCK_TIMEOUT");
      expect(error.message).toMatch(
        /3 attempts of 0.05 s each; locks are held by process \d+ \(a long report, idle in transaction for \d+ s\)/,
      );
    });
    expect(retries).toHaveLength(2);
    expect(await status({ database, folder })).toMatchObject({ revision: "0001_good" });
  });

  test("that become free in the meantime let the migration through", async () => {
    await withClient(database, async (reader) => {
      await reader.query("BEGIN; SELECT FROM good");
      const migrated = await upgrade({
        database,
        folder,
        patience: { lockTimeout_ms: 50, attempts: 50, onRetry: () => void reader.query("COMMIT") },
      });
      expect(migrated.to).toBe("0002_alter");
    });
  });
});

describe("an interruption", async () => {
  const database = await freshDatabase({ empty: true });

  test("in the middle of an upgrade leaves nothing of the revision", async () => {
    const folder = revisionsFolder(good, {
      id: "0002_long",
      up: "CREATE TABLE long (); SELECT pg_sleep(60);",
    });
    const interruption = new AbortController();
    const start = performance.now();
    const running = upgrade({
      database,
      folder,
      signal: interruption.signal,
      onStep: () => setTimeout(() => interruption.abort(), 100),
    });
    await expect(running).rejects.toThrow(/cancel/);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(await names(database)).toEqual(["good", "id"]);
    expect(await status({ database, folder })).toMatchObject({ revision: "0001_good" });
  });

  test("in the middle of a check leaves no scratch database", async () => {
    const folder = revisionsFolder(good, { id: "0002_long", up: "SELECT pg_sleep(60);" });
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 1_000);
    await expect(check({ database, folder, model: {}, signal: interruption.signal })).rejects.toThrow();
    expect(await scratchLeftOf(database)).toEqual([]);
  });

  test("while another migration is at work ends the waiting", async () => {
    const folder = revisionsFolder(good);
    const interruption = new AbortController();
    await withClient(database, async (other) => {
      await other.query("SELECT pg_advisory_lock(hashtext('forecastlab migrate'), hashtext('public'))");
      const waiting = upgrade({
        database,
        folder,
        signal: interruption.signal,
        onWait: () => interruption.abort(),
      });
      await expect(waiting).rejects.toThrow(/abort/);
    });
  });

  test("of a process that was killed is swept up by a later check", async () => {
    const name = `forecastlab_scratch_1700000000_1_${randomBytes(4).toString("hex")}`;
    await withClient(database, (client) => client.query(`CREATE DATABASE ${name}`));
    await check({ database, folder: revisionsFolder(good), model: {} });
    const left = await withClient(database, (client) =>
      rowsOf(client, "SELECT datname FROM pg_database WHERE datname = $1", [name]),
    );
    expect(left).toEqual([]);
  });
});

describe.for(serverVersions())("with few rights on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server, empty: true });
  const role = `r_${randomBytes(6).toString("hex")}`;
  await withClient(database, (client) => client.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`));
  afterAll(() => withClient(database, (client) => client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));

  const url = new URL(urlOf(database));
  url.username = role;
  url.password = role;
  const limited = databaseOf(url.href);
  const grant = (sql: string) => withClient(database, (client) => client.query(sql));

  test("a role that may only connect is told what could not be examined", async () => {
    await upgrade({ database });
    const report = await check({ database: limited });
    expect(report.findings).toEqual([]);
    expect(report.replayedIn).toBeNull();
    expect(report.notExamined).toEqual([
      "which revisions are applied: permission denied for table schema_revision",
      expect.stringMatching(/^the live schema and the migrations: permission denied for database t_/),
    ]);
  });

  test("a role that may only read sees where the database is, and finds what needs no scratch", async () => {
    await grant(`GRANT SELECT ON schema_revision TO ${role}`);
    expect(await status({ database: limited })).toMatchObject({ revision: expect.stringMatching(/^0/) });
    expect((await upgrade({ database: limited })).steps).toEqual([]);
    await grant("UPDATE schema_revision SET checksum = 'x' WHERE id LIKE '0001%'");
    const report = await check({ database: limited });
    expect(report.findings.map(({ topic }) => topic)).toEqual(["files"]);
    await stamp({ database, target: "head" });
  });

  test("a role that may not write is refused clearly", async () => {
    const error = await failure(downgrade({ database: limited, target: "-1" }));
    expect(error.code).toBe("DATABASE_PERMISSION_DENIED");
    expect(error.message).toContain("must be owner of");
  });

  test("a session that only reads is told so", async () => {
    const readOnly = databaseOf(`${urlOf(database)}?options=-cdefault_transaction_read_only%3Don`);
    expect((await failure(downgrade({ database: readOnly, target: "-1" }))).code).toBe("DATABASE_READ_ONLY");
    const report = await check({ database: readOnly });
    expect(report.notExamined).toEqual([
      "the live schema and the migrations: cannot execute CREATE SCHEMA in a read-only transaction",
    ]);
  });

  test("a role that may not create databases checks in a scratch schema, and leaves nothing there", async () => {
    await grant(`GRANT CREATE ON DATABASE ${new URL(urlOf(database)).pathname.slice(1)} TO ${role}`);
    expect(await check({ database: limited })).toMatchObject({
      findings: [],
      replayedIn: "schema",
      notExamined: [],
    });
    await grant("ALTER TABLE store ALTER city SET NOT NULL; DROP INDEX ix_store_code");
    const inSchema = await check({ database: limited });
    const inDatabase = await check({ database });
    expect(inSchema.findings.map(({ object }) => object)).toEqual([
      "column store.city",
      "index ix_store_code on store",
    ]);
    expect(inSchema.findings).toEqual(inDatabase.findings);
    expect(await scratchLeftOf(database)).toEqual([]);
  });

  test("a role whose second connection is refused checks in a scratch schema too", async () => {
    await grant(`ALTER ROLE ${role} CREATEDB CONNECTION LIMIT 1`);
    expect(await check({ database: limited })).toMatchObject({ replayedIn: "schema", notExamined: [] });
    expect(await scratchLeftOf(database)).toEqual([]);
  });
});
