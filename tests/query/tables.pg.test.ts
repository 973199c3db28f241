import { expect, test } from "vitest";
import { listTables } from "../../src/query/index.ts";
import { fillDimensions, loadCsv, query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase, serverVersions } from "../support/warehouse.ts";

const workspace = new Workspace();

test.for(serverVersions())("tables with rows, size, days and last load on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });
  await fillDimensions(database);
  const { load_id } = await loadCsv(workspace, database, "sales_daily", [
    "date,store_code,sku,quantity,unit_price,total_amount",
    "2024-01-31,S1,A,2,1.50,3.00",
    "2024-02-01,S1,A,2,1.50,3.00",
  ]);
  const tables = await listTables(database);
  const named = Object.fromEntries(tables.map((table) => [table.table, table]));
  expect(Object.keys(named)).toHaveLength(11);
  expect(named.sales_daily).toMatchObject({
    ...{ rows: 2, is_estimate: false, first_day: "2024-01-31", last_day: "2024-02-01" },
    last_load: { id: load_id, finished_at: expect.stringMatching(/^20\d\d-\d\d-\d\dT.*Z$/) },
  });
  expect(named.sales_daily?.bytes).toBeGreaterThan(8192);
  expect(named.calendar).toMatchObject({ rows: 60, first_day: "2024-01-01", last_day: "2024-02-29" });
  expect(named.sales_txn).toMatchObject({ rows: 0, is_estimate: false, first_day: null, last_load: null });
  expect(named.load_run).toMatchObject({ rows: 1, first_day: null });
});

test("large tables are estimated, also without statistics, unless they are to be counted", async () => {
  const database = await freshDatabase();
  await fillDimensions(database);
  await query(
    database,
    `INSERT INTO sales_txn (date, store_id, product_id, txn_id, line_no, quantity, unit_price, total_amount)
     SELECT '2024-01-01', 1, 1, g, 1, 1, 1, 1 FROM generate_series(1, 120000) AS g`,
  );
  const salesTxn = async (exact: boolean) =>
    (await listTables(database, { exact })).find(({ table }) => table === "sales_txn");
  const guessed = await salesTxn(false);
  expect(guessed?.is_estimate).toBe(true);
  expect(guessed?.rows).toBeGreaterThan(60_000);
  expect(guessed?.rows).toBeLessThan(240_000);
  await query(database, "ANALYZE sales_txn");
  expect(Math.abs(((await salesTxn(false))?.rows ?? 0) - 120_000)).toBeLessThan(3_000);
  expect(await salesTxn(true)).toMatchObject({ rows: 120_000, is_estimate: false });
});

test("a warehouse that is not migrated is SCHEMA_MISSING", async () => {
  const empty = await freshDatabase({ empty: true });
  await expect(listTables(empty)).rejects.toMatchObject({ code: "SCHEMA_MISSING" });
});
