import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { check, downgrade, status, upgrade } from "../../src/migration/index.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { catalogOf, failureOf, good, objectNames, revisionsFolder } from "./support/migration.ts";

describe("a revision that fails", async () => {
  const database = await freshDatabase({ empty: true });
  const other = await freshDatabase({ empty: true });

  test("is rolled back, keeps the revisions before it, and is reported with its line", async () => {
    const folder = revisionsFolder(good, {
      id: "0002_bad",
      up: "CREATE TABLE half (id integer);\n\nSELECT 'ü';\nINSERT INTO half\nVALUES (nonsense);",
    });
    const error = await failureOf(upgrade(database, { folder }));
    expect(error.code).toBe("REVISION_FAILED");
    expect(error.message).toBe(
      'The revision 0002_bad failed (0002_bad.sql, line 9) and was rolled back: column "nonsense" does not exist.',
    );
    expect(await objectNames(database)).toEqual(["good", "id"]);
    expect(await status(database, { folder })).toMatchObject({ revision: "0001_good" });
  });

  test("during a downgrade leaves the schema unchanged", async () => {
    const folder = revisionsFolder(good, {
      id: "0002_view",
      up: "CREATE TABLE two (id integer);",
      down: "DROP TABLE two;\nDROP TABLE good;\nDROP TABLE two;",
    });
    await upgrade(database, { folder });
    const before = await catalogOf(database);
    const error = await failureOf(downgrade(database, { folder, target: "base" }));
    expect(error.message).toContain('table "two" does not exist');
    expect(await catalogOf(database)).toEqual(before);
    expect(await status(database, { folder })).toMatchObject({ revision: "0002_view" });
  });

  test("at its commit is rolled back too", async () => {
    const folder = revisionsFolder({
      id: "0001_deferred",
      up: `CREATE TABLE a (id integer PRIMARY KEY);
           CREATE TABLE b (id integer REFERENCES a DEFERRABLE INITIALLY DEFERRED);
           INSERT INTO b VALUES (1);`,
    });
    const error = await failureOf(upgrade(other, { folder }));
    expect(error.code).toBe("REVISION_FAILED");
    expect(error.message).toContain('Key (id)=(1) is not present in table "a"');
    expect(await objectNames(other)).toEqual([]);
    expect(await status(other, { folder })).toMatchObject({ revision: null });
  });

  test("without a downgrade is refused before anything is reverted", async () => {
    const folder = revisionsFolder(
      { id: "0001_one_way", up: "CREATE TABLE one_way ();", down: "-- nothing" },
      { id: "0002_next", up: "CREATE TABLE next ();", down: "DROP TABLE next;" },
    );
    await upgrade(other, { folder });
    const error = await failureOf(downgrade(other, { folder, target: "base" }));
    expect(error.code).toBe("REVISION_IRREVERSIBLE");
    expect(await objectNames(other)).toEqual(["next", "one_way"]);
  });

  test("does not inherit a SET of the revision before it", async () => {
    const place = await freshDatabase({ empty: true });
    const folder = revisionsFolder(
      { id: "0001_set", up: "CREATE SCHEMA elsewhere; SET search_path = elsewhere;" },
      { id: "0002_table", up: "CREATE TABLE here ();" },
    );
    await upgrade(place, { folder });
    expect(await objectNames(place)).toEqual(["here"]);
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

  test("that fails half-way is reported with the statements that were committed", async () => {
    const folder = revisionsFolder(good, index);
    const error = await failureOf(upgrade(database, { folder }));
    expect(error.code).toBe("REVISION_HALF_DONE");
    expect(error.message).toBe(
      "The revision 0002_index, which runs outside a transaction, failed (0002_index.sql, line 7, statement 2 of 2): " +
        'column "nonsense" does not exist. Done and kept: the statement before it.',
    );
    expect(error.cli).toContain("forecastlab stamp 0002_index");
    expect(await objectNames(database)).toContain("ix_good");
    expect(await status(database, { folder })).toMatchObject({ revision: "0001_good" });
  });

  test("is upgraded and downgraded if all statements succeed", async () => {
    const folder = revisionsFolder(good, { ...index, up: "CREATE INDEX CONCURRENTLY ix_good ON good (id);" });
    await withClient(database, (client) => client.query("DROP INDEX ix_good"));
    await upgrade(database, { folder });
    expect(await objectNames(database)).toContain("ix_good");
    expect((await check(database, { folder, model: {} })).findings).toEqual([]);
    await downgrade(database, { folder, target: "-1" });
    expect(await objectNames(database)).not.toContain("ix_good");
  });
});
