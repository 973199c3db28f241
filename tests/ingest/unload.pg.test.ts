import { describe, expect, test } from "vitest";
import type { Database } from "../../src/database/connection.ts";
import { databaseOf, withClient } from "../../src/database/connection.ts";
import { loadRuns, type Unload, unload, unloadRefusal } from "../../src/ingest/index.ts";
import { freshDatabase, serverVersions, urlOf } from "../support/warehouse.ts";
import { fillDimensions, loadCsv, query, untilWaiting, Workspace } from "./support/load.ts";

/* Unloading: the warehouse is as before the load, or nothing is removed and the reason is said. */

const workspace = new Workspace();
const header = "date,store_code,sku,quantity,unit_price,total_amount";
const row = (day: string, sku = "A", quantity = 2, store = "S1") =>
  `${day},${store},${sku},${quantity},1.50,3.00`;

async function warehouse(server = "18"): Promise<Database> {
  const database = await freshDatabase({ server });
  await fillDimensions(database);
  return database;
}

const sales = async (database: Database, rows: string[], options = {}) => {
  const { load_id } = await loadCsv(workspace, database, "sales_daily", [header, ...rows], options);
  return load_id ?? 0;
};

/** All rows of the tables that a load of sales may write, and the ledger. */
async function stateOf(database: Database) {
  const tables = ["store", "product", "calendar", "sales_daily", "load_run"];
  const rows = tables.map((table) =>
    query(database, `SELECT * FROM ${table} AS stored ORDER BY stored::text`),
  );
  return Object.fromEntries((await Promise.all(rows)).map((found, index) => [tables[index], found]));
}

const kindsOf = ({ obstacles }: Unload) => obstacles.map(({ kind }) => kind);

describe.for(serverVersions())("unloading on PostgreSQL %s", async (server) => {
  test("removes what the load inserted, in every month, and the load from the ledger", async () => {
    const database = await warehouse(server);
    await sales(database, [row("2024-01-01"), row("2024-01-02")]);
    const before = await stateOf(database);
    const load = await sales(database, [row("2024-01-03"), row("2024-02-01"), row("2024-02-02", "B")]);

    const planned = await unload(database, load, { dryRun: true });
    expect(planned).toMatchObject({
      load_id: load,
      table: "sales_daily",
      dry_run: true,
      removed: false,
      rows: 3,
      months: [
        { month: "2024-01", rows: 1 },
        { month: "2024-02", rows: 2 },
      ],
      obstacles: [],
    });
    expect((await stateOf(database)).sales_daily).toHaveLength(5);

    expect(await unload(database, load)).toMatchObject({ removed: true, rows: 3, obstacles: [] });
    expect(await stateOf(database)).toEqual(before);
  });

  test("removes the stores, products and days that the load created", async () => {
    const database = await warehouse(server);
    const before = await stateOf(database);
    const load = await sales(database, [row("2024-03-01", "C", 1, "S3"), row("2024-03-02")], {
      createMissing: true,
    });
    const { created } = await unload(database, load);
    expect(created).toEqual({ store: 1, product: 1, calendar: 2 });
    expect(await stateOf(database)).toEqual(before);
  });

  test("removes rows of a month that was rebuilt, and leaves the others", async () => {
    const database = await warehouse(server);
    await query(
      database,
      `INSERT INTO product (sku, name) SELECT 'P' || g, 'x' FROM generate_series(1, 400) AS g`,
    );
    await sales(database, [row("2024-01-01"), row("2024-01-02")]);
    const before = await stateOf(database);
    const days = Array.from({ length: 15 }, (_, day) => `2024-01-${String(day + 10)}`);
    const rows = days.flatMap((day) => Array.from({ length: 400 }, (_, sku) => row(day, `P${sku + 1}`)));
    const load = await sales(database, rows);
    const [run] = await loadRuns(database, { limit: 1 });
    expect(run?.months).toMatchObject([{ method: "rebuild", inserted: 6_000 }]);
    await unload(database, load);
    expect(await stateOf(database)).toEqual(before);
  });
});

describe("a load is reverted only if that is exact:", async () => {
  /** Nothing may change when an unload is refused. */
  const refused = async (database: Database, load: number) => {
    const before = await stateOf(database);
    const result = await unload(database, load);
    expect(await stateOf(database)).toEqual(before);
    expect(result.removed).toBe(false);
    expect(kindsOf(await unload(database, load, { dryRun: true }))).toEqual(kindsOf(result));
    return { kinds: kindsOf(result), refusal: unloadRefusal(result) };
  };

  test("not if it updated rows, and it says in which months how many", async () => {
    const database = await warehouse();
    await sales(database, [row("2024-01-01"), row("2024-02-01")]);
    const load = await sales(database, [
      row("2024-01-01", "A", 9),
      row("2024-01-02"),
      row("2024-02-01", "A", 9),
    ]);
    const { kinds, refusal } = await refused(database, load);
    expect(kinds).toEqual(["updated"]);
    expect(refusal).toMatchObject({
      code: "UNLOAD_NOT_EXACT",
      message: `Load ${load} of sales_daily cannot be reverted exactly: it updated 2 rows, whose old values are not kept (2024-01: 1, 2024-02: 1).`,
    });
  });

  test("not if a row of it was changed by a later load, or by SQL", async () => {
    const database = await warehouse();
    const load = await sales(database, [row("2024-01-01"), row("2024-01-02")]);
    await sales(database, [row("2024-01-01", "A", 9)]);
    expect((await refused(database, load)).kinds).toEqual(["changed"]);
    const other = await sales(database, [row("2024-02-01")]);
    await query(database, "UPDATE sales_daily SET quantity = 5 WHERE date = '2024-02-01'");
    expect((await refused(database, other)).kinds).toEqual(["changed"]);
  });

  test("not if a row of it is gone, or another one has its time", async () => {
    const database = await warehouse();
    const load = await sales(database, [row("2024-01-01"), row("2024-01-02")]);
    await query(
      database,
      `INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount, created_at, updated_at)
       SELECT '2024-01-03', store_id, product_id, quantity, unit_price, total_amount, created_at, updated_at
       FROM sales_daily LIMIT 1`,
    );
    const { kinds, refusal } = await refused(database, load);
    expect(kinds).toEqual(["missing"]);
    expect(refusal?.message).toContain("it inserted 2 rows of sales_daily, 2024-01, and 3 have its time now");
    await query(database, "DELETE FROM sales_daily WHERE date <> '2024-01-01'");
    expect((await refused(database, load)).kinds).toEqual(["missing"]);
  });

  test("not if a later load found its rows unchanged, until that one is reverted", async () => {
    const database = await warehouse();
    const before = await stateOf(database);
    const first = await sales(database, [row("2024-01-01")]);
    const second = await sales(database, [row("2024-01-01"), row("2024-01-02")]);
    const { kinds, refusal } = await refused(database, first);
    expect(kinds).toEqual(["confirmed"]);
    expect(refusal?.message).toContain(
      `load ${second} found 1 row unchanged in 2024-01, which may be its own`,
    );
    await unload(database, second);
    await unload(database, first);
    expect(await stateOf(database)).toEqual(before);
  });

  test("not if facts refer to its stores, or to those that it created", async () => {
    const database = await warehouse();
    const { load_id: stores } = await loadCsv(workspace, database, "store", ["code,name", "S8,x", "S9,y"]);
    await sales(database, [row("2024-01-01", "A", 1, "S9")]);
    const { kinds, refusal } = await refused(database, stores ?? 0);
    expect(kinds).toEqual(["referenced"]);
    expect(refusal?.message).toContain("1 row of sales_daily refers to its rows of store");
    const creating = await sales(database, [row("2024-01-02", "NEW")], { createMissing: true });
    await sales(database, [row("2024-02-02", "NEW")]);
    expect((await refused(database, creating)).kinds).toEqual(["referenced"]);
  });
});

describe("an unload", () => {
  test("of a load that is not in the ledger is LOAD_UNKNOWN", async () => {
    const database = await warehouse();
    await expect(unload(database, 99)).rejects.toMatchObject({ code: "LOAD_UNKNOWN" });
    const load = await sales(database, [row("2024-01-01")]);
    await unload(database, load);
    await expect(unload(database, load)).rejects.toMatchObject({ code: "LOAD_UNKNOWN" });
  });

  test("makes its files loadable again", async () => {
    const database = await warehouse();
    const rows = [row("2024-01-01")];
    await unload(database, await sales(database, rows));
    await sales(database, rows, { again: false });
    expect(await query(database, "SELECT FROM sales_daily")).toHaveLength(1);
  });

  test("needs the privileges that docs/loads.md names, and removes nothing without one of them", async () => {
    const database = await warehouse();
    const load = await sales(database, [row("2024-01-01")]);
    const role = `unloader_${process.pid}`;
    await query(
      database,
      `CREATE ROLE ${role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role};
       ALTER TABLE sales_daily OWNER TO ${role};
       DO $$ BEGIN
         EXECUTE (SELECT string_agg(format('ALTER TABLE %s OWNER TO ${role}', inhrelid::regclass), ';')
                  FROM pg_inherits WHERE inhparent = 'sales_daily'::regclass);
       END $$`,
    );
    const url = new URL(urlOf(database));
    url.searchParams.set("user", role);
    const asRole = databaseOf(url.href);
    await expect(unload(asRole, load)).rejects.toMatchObject({ code: "DATABASE_PERMISSION_DENIED" });
    expect(await query(database, "SELECT FROM sales_daily")).toHaveLength(1);
    await query(database, `GRANT DELETE ON load_run TO ${role}`);
    expect((await unload(asRole, load)).removed).toBe(true);
    await query(
      database,
      `REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`,
    );
  });

  test("waits for a load of the same month, or fails at once", async () => {
    const database = await warehouse();
    const load = await sales(database, [row("2024-01-01")]);
    const lock = "SELECT pg_advisory_xact_lock(hashtext('forecastlab publish sales_daily'), 202401)";
    await withClient(database, async (other) => {
      await other.query("BEGIN");
      await other.query(lock);
      await expect(unload(database, load, { wait: false })).rejects.toMatchObject({
        code: "LOAD_MONTH_BUSY",
      });
      await expect(unload(database, load, { lockWait_s: 1 })).rejects.toMatchObject({
        code: "LOAD_MONTH_BUSY",
        message: expect.stringMatching(
          /^Another load is running on sales_daily, 2024-01 \(server process \d+ .*\), and still is after 1 s\.$/,
        ),
      });
      const waits: string[] = [];
      const waiting = unload(database, load, { onWait: (reason) => waits.push(reason) });
      await untilWaiting(database, 1);
      expect(waits).toEqual(["another load of sales_daily, 2024-01"]);
      await other.query("COMMIT");
      expect((await waiting).removed).toBe(true);
    });
  });
});
