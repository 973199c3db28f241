import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { integer, pgTable, text } from "drizzle-orm/pg-core";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import {
  check,
  type Replay,
  readRevisions,
  replay,
  upgrade,
  writeRevision,
} from "../../src/migration/index.ts";
import { freshDatabase, serverVersions } from "../support/warehouse.ts";
import { drifts } from "./support/drifts.ts";
import { revisionsFolder, revisionText, scratchLeftBy } from "./support/migration.ts";

const chain = readRevisions();
const head = chain.at(-1)?.id ?? "";

describe.for(serverVersions())("check on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server, empty: true });
  const client = new pg.Client(database.url);
  let replayed: Replay;

  beforeAll(async () => {
    await upgrade(database);
    await client.connect();
    replayed = await replay(client, { chain, database });
  });
  afterAll(() => client.end());

  test("finds no difference in a clean warehouse, and leaves no scratch database", async () => {
    expect(await check(database)).toEqual({
      schema: "public",
      revision: head,
      head,
      findings: [],
      replayed_in: "database",
      not_examined: [],
    });
    expect(await scratchLeftBy(database)).toEqual([]);
  });

  test("finds no difference in a warehouse with data, month partitions and indexes and checks on them", async () => {
    await client.query("BEGIN");
    await client.query(`
      INSERT INTO store (code, name) VALUES ('S1', 'One');
      INSERT INTO product (sku, name) VALUES ('P1', 'One');
      INSERT INTO calendar (date, day_of_week, month, quarter, year) VALUES ('2024-02-29', 3, 2, 1, 2024);
      CREATE TABLE sales_daily_2024_02 PARTITION OF sales_daily FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')
        WITH (fillfactor = 90);
      CREATE INDEX ON sales_daily_2024_02 (quantity);
      ALTER TABLE sales_daily_2024_02 ADD CONSTRAINT ck_month CHECK (date < '2024-03-01');
      INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
        SELECT '2024-02-29', store.id, product.id, 1, 1, 1 FROM store, product;
      CREATE TABLE inventory_2024 PARTITION OF inventory_snapshot_daily FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
        PARTITION BY HASH (store_id);
      CREATE TABLE inventory_2024_0 PARTITION OF inventory_2024 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
      CREATE EXTENSION pg_trgm`);
    const report = await check(client, { replayed });
    await client.query("ROLLBACK");
    expect(report.findings).toEqual([]);
  });

  test.for(drifts.map((drift) => [drift.name, drift] as const))("finds %s", async ([, drift]) => {
    await client.query("BEGIN");
    await client.query(drift.sql);
    const { findings } = await check(client, { replayed });
    await client.query("ROLLBACK");
    expect(findings).toContainEqual(
      expect.objectContaining({ topic: "database", object: drift.object, detail: drift.detail }),
    );
    const others = findings.filter(({ object }) => object !== drift.object).map(({ object }) => object);
    expect(others.sort()).toEqual([...(drift.also ?? [])].sort());
  });

  test("finds no difference after every change is rolled back", async () => {
    expect((await check(client, { replayed })).findings).toEqual([]);
  });
});

describe("check compares model, snapshot, revisions, revision table and live schema:", async () => {
  const shop = { shop: pgTable("shop", { id: integer().primaryKey(), name: text() }) };
  const grown = {
    shop: pgTable("shop", { id: integer().primaryKey(), name: text().notNull(), size: integer() }),
  };

  async function shopWarehouse() {
    const database = await freshDatabase({ empty: true });
    const folder = revisionsFolder();
    const { path } = await writeRevision({ folder, model: shop, message: "shop" });
    await upgrade(database, { folder });
    return { database, folder, path: path ?? "" };
  }

  const place = await shopWarehouse();
  const other = await shopWarehouse();
  const third = await shopWarehouse();

  test("the model with its snapshot", async () => {
    const report = await check(place.database, { folder: place.folder, model: grown });
    expect(report.findings.map(({ topic, object }) => ({ topic, object }))).toEqual([
      { topic: "model", object: "ALTER TABLE shop ALTER COLUMN name SET NOT NULL;" },
      { topic: "model", object: "ALTER TABLE shop ADD COLUMN size integer;" },
    ]);
  });

  test("the snapshot with the revisions, and ignores what is written by hand", async () => {
    const { id } = readRevisions(other.folder)[0] ?? { id: "" };
    writeFileSync(
      join(other.folder, "0002_by_hand.sql"),
      revisionText({
        id: "0002_by_hand",
        parent: id,
        up: `ALTER TABLE shop ALTER name SET DEFAULT 'x', ADD extra integer;
             CREATE INDEX ix_shop ON shop (extra);
             CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
             COMMENT ON TABLE shop IS 'by hand';`,
      }),
    );
    await upgrade(other.database, { folder: other.folder });
    const report = await check(other.database, { folder: other.folder, model: shop });
    expect(report.findings).toEqual([
      {
        topic: "migrations",
        object: "column shop.name",
        detail: "default: expected none, found 'x'::text",
        expected: null,
        found: "'x'::text",
      },
    ]);
  });

  test("the revisions with the revision table, and the live schema with the applied revisions", async () => {
    await writeRevision({ folder: place.folder, model: grown, message: "grow" });
    await withClient(place.database, (client) => client.query("ALTER TABLE shop ADD size bigint"));
    const report = await check(place.database, { folder: place.folder, model: grown });
    expect(report).toMatchObject({ revision: "0001_shop", head: "0002_grow" });
    expect(report.findings.map(({ topic, object, detail }) => [topic, object, detail])).toEqual([
      ["revisions", "revision 0002_grow", "expected applied, found not applied"],
      ["database", "column shop.size", "not expected: found bigint"],
    ]);
  });

  test("the revision table with the files, if an applied revision has no file", async () => {
    await withClient(third.database, (client) =>
      client.query(
        "INSERT INTO schema_revision (id, checksum, tool_version) VALUES ('0007_theirs', 'x', '0')",
      ),
    );
    const report = await check(third.database, { folder: third.folder, model: shop });
    expect(report.findings.map(({ object, detail }) => `${object}: ${detail}`)).toEqual([
      "revision 0007_theirs: expected a file of this name, found none, though it is applied",
    ]);
    expect(report.not_examined).toEqual(["the live schema: which files it was built from is not known"]);
    await withClient(third.database, (client) =>
      client.query("DELETE FROM schema_revision WHERE id LIKE '0007%'"),
    );
  });

  test("the files with their checksums when they were applied", async () => {
    writeFileSync(third.path, readFileSync(third.path, "utf8").replace("Generated", "Edited"));
    const report = await check(third.database, { folder: third.folder, model: shop });
    expect(report.findings).toEqual([
      expect.objectContaining({
        topic: "files",
        object: "file 0001_shop.sql",
        detail: expect.stringMatching(
          /^edited since it was applied: expected sha-256 \w{8}…, found sha-256 \w{8}…$/,
        ),
      }),
    ]);
  });
});
