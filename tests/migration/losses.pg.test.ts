import { beforeAll, describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { downgrade, type Loss, preview, readCatalog, status, upgrade } from "../../src/migration/index.ts";
import { freshDatabase, rowsOf, serverVersions } from "../support/warehouse.ts";
import { failureOf, revisionsFolder } from "./support/migration.ts";

const shop = {
  id: "0001_shop",
  up: `CREATE TABLE shop (id integer, "Odd Name" text);
       CREATE TABLE empty (id integer);
       CREATE TABLE sale (day date) PARTITION BY RANGE (day);
       CREATE TABLE sale_2024 PARTITION OF sale FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');`,
  down: "DROP TABLE sale; DROP TABLE empty, shop CASCADE;",
};
const size = {
  id: "0002_size",
  up: "ALTER TABLE shop ADD size integer, ADD doubled integer GENERATED ALWAYS AS (id * 2) STORED;",
  down: "ALTER TABLE shop DROP doubled, DROP COLUMN size;",
};

describe.for(serverVersions())("data that a migration deletes on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server, empty: true });
  const folder = revisionsFolder(shop, size);
  const sql = (text: string) => withClient(database, (client) => client.query(text));
  const state = () =>
    withClient(database, async (client) => ({
      catalog: await readCatalog(client),
      shops: await rowsOf(client, "SELECT * FROM shop"),
      revision: (await status(client, { folder })).revision,
    }));
  const sizes: Loss = { revision: "0002_size", table: "shop", column: "size", rows: 2, statement: null };

  beforeAll(async () => {
    await upgrade(database, { folder });
    await sql(
      "INSERT INTO shop (id, size) VALUES (1, 10), (2, 20), (3, NULL); INSERT INTO sale VALUES ('2024-02-29')",
    );
  });

  test("is counted: values of dropped columns, and rows of dropped tables with all partitions", async () => {
    const before = await state();
    const back = await preview(database, { folder, direction: "down", target: "-1" });
    expect(back).toMatchObject({ from: "0002_size", to: "0001_shop", head: "0002_size", losses: [sizes] });
    const base = await preview(database, { folder, direction: "down", target: "base" });
    expect(base.steps.map(({ revision }) => revision)).toEqual(["0002_size", "0001_shop"]);
    // The rows of a table that is dropped include its columns.
    expect(base.losses.map(({ revision, table, column, rows }) => [revision, table, column, rows])).toEqual([
      ["0001_shop", "sale", null, 1],
      ["0001_shop", "shop", null, 3],
    ]);
    expect(base.sql).toContain("DROP TABLE empty, shop CASCADE;");
    expect(await state()).toEqual(before);
  });

  test("is not deleted unless that is allowed, by an option or a decision", async () => {
    const before = await state();
    const refused = await failureOf(downgrade(database, { folder, target: "base" }));
    expect(refused).toMatchObject({
      code: "DOWNGRADE_LOSES_ROWS",
      exitCode: 2,
      received: { losses: "1 row of sale, 3 rows of shop" },
    });
    const asked: (readonly Loss[])[] = [];
    const decide = (answer: boolean) => async (losses: readonly Loss[]) => {
      asked.push(losses);
      return answer;
    };
    const declined = downgrade(database, { folder, target: "-1", loseRows: decide(false) });
    expect(await failureOf(declined)).toMatchObject({ code: "DOWNGRADE_LOSES_ROWS" });
    expect(await state()).toEqual(before);
    expect(await downgrade(database, { folder, target: "-1", loseRows: decide(true) })).toMatchObject({
      to: "0001_shop",
    });
    expect(asked).toEqual([[sizes], [sizes]]);
    await upgrade(database, { folder });
  });

  test("need not be allowed if there is none, or none any more", async () => {
    // After the test before this one, the column is empty.
    const options = { folder, target: "-1", loseRows: () => Promise.reject(new Error("it asked")) };
    expect(await downgrade(database, options)).toMatchObject({ to: "0001_shop" });
    await upgrade(database, { folder });
  });

  test("is assumed if a statement does not say what it deletes", async () => {
    const opaque = revisionsFolder(shop, size, {
      id: "0003_opaque",
      up: "SELECT 1;",
      down: "DO $$ BEGIN DELETE FROM shop; END $$;",
    });
    await upgrade(database, { folder: opaque });
    const refused = await failureOf(downgrade(database, { folder: opaque, target: "-1" }));
    expect(refused.message).toContain("not known: DO $$ BEGIN DELETE FROM shop; END $$");
    expect((await state()).shops).toHaveLength(3);
    await downgrade(database, { folder: opaque, target: "-1", loseRows: true });
    expect((await state()).shops).toEqual([]);
  });

  test("is shown for an upgrade too, which is planned from where the database is", async () => {
    await sql("INSERT INTO shop (id) VALUES (1)");
    const shrinking = revisionsFolder(shop, size, {
      id: "0003_shrink",
      up: 'DROP TABLE sale; ALTER TABLE shop DROP id, DROP "Odd Name";',
    });
    const up = await preview(database, { folder: shrinking, direction: "up", target: "head" });
    expect(up.steps).toEqual([
      expect.objectContaining({ revision: "0003_shrink", sql: expect.stringContaining("DROP TABLE sale") }),
    ]);
    expect(up.losses).toEqual([
      { revision: "0003_shrink", table: "sale", column: null, rows: 1, statement: null },
      { revision: "0003_shrink", table: "shop", column: "id", rows: 1, statement: null },
    ]);
  });
});
