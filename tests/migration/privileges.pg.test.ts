import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { databaseOf, withClient } from "../../src/database/connection.ts";
import { check, downgrade, stamp, status, upgrade } from "../../src/migration/index.ts";
import { freshDatabase, serverVersions, urlOf } from "../support/warehouse.ts";
import { failureOf, scratchLeftBy } from "./support/migration.ts";

describe.for(serverVersions())("limited privileges on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server, empty: true });
  const role = `r_${randomBytes(6).toString("hex")}`;
  await withClient(database, (client) => client.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`));
  afterAll(() => withClient(database, (client) => client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));

  const url = new URL(urlOf(database));
  url.username = role;
  url.password = role;
  const limited = databaseOf(url.href);
  const grant = (sql: string) => withClient(database, (client) => client.query(sql));

  test("a role that may only connect gets a report of what could not be examined", async () => {
    await upgrade(database);
    const report = await check(limited);
    expect(report.findings).toEqual([]);
    expect(report.replayed_in).toBeNull();
    expect(report.not_examined).toEqual([
      "which revisions are applied: permission denied for table schema_revision",
      expect.stringMatching(/^the live schema and the migrations: permission denied for database t_/),
    ]);
  });

  test("a role that may only read gets the status, and the findings that need no scratch schema", async () => {
    await grant(`GRANT SELECT ON schema_revision TO ${role}`);
    expect(await status(limited)).toMatchObject({ revision: expect.stringMatching(/^0/) });
    expect((await upgrade(limited)).steps).toEqual([]);
    await grant("UPDATE schema_revision SET checksum = 'x' WHERE id LIKE '0001%'");
    const report = await check(limited);
    expect(report.findings.map(({ topic }) => topic)).toEqual(["files"]);
    await stamp(database, { target: "head" });
  });

  test("a role that may not write is refused", async () => {
    const error = await failureOf(downgrade(limited, { target: "-1" }));
    expect(error.code).toBe("DATABASE_PERMISSION_DENIED");
    expect(error.message).toContain("must be owner of");
  });

  test("a read-only session is refused, and checks what it can", async () => {
    const readOnly = databaseOf(`${urlOf(database)}?options=-cdefault_transaction_read_only%3Don`);
    expect((await failureOf(downgrade(readOnly, { target: "-1" }))).code).toBe("DATABASE_READ_ONLY");
    const report = await check(readOnly);
    expect(report.not_examined).toEqual([
      "the live schema and the migrations: cannot execute CREATE SCHEMA in a read-only transaction",
    ]);
  });

  test("a role that may not create databases checks in a scratch schema, and leaves nothing behind", async () => {
    await grant(`GRANT CREATE ON DATABASE ${new URL(urlOf(database)).pathname.slice(1)} TO ${role}`);
    expect(await check(limited)).toMatchObject({
      findings: [],
      replayed_in: "schema",
      not_examined: [],
    });
    await grant("ALTER TABLE store ALTER city SET NOT NULL; DROP INDEX ix_store_code");
    const inSchema = await check(limited);
    const inDatabase = await check(database);
    expect(inSchema.findings.map(({ object }) => object)).toEqual([
      "column store.city",
      "index ix_store_code on store",
    ]);
    expect(inSchema.findings).toEqual(inDatabase.findings);
    expect(await scratchLeftBy(database)).toEqual([]);
  });

  test("a role that may open only one connection checks in a scratch schema too", async () => {
    await grant(`ALTER ROLE ${role} CREATEDB CONNECTION LIMIT 1`);
    expect(await check(limited)).toMatchObject({ replayed_in: "schema", not_examined: [] });
    expect(await scratchLeftBy(database)).toEqual([]);
  });
});
