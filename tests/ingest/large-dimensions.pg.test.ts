import { describe, expect, test, vi } from "vitest";
import type { Engine } from "../../src/duckdb/engine.ts";
import { freshDatabase, serverVersions } from "../support/warehouse.ts";
import { faultsOf, fillDimensions, loadCsv, query, Workspace } from "./support/load.ts";

/* A small load into a warehouse with large dimensions fetches only the keys and windows that its rows refer to. */

const met = vi.hoisted(() => ({ rows: new Map<string, number>() }));

/** Notes how many rows the tables with the warehouse's keys and windows had. */
vi.mock("../../src/duckdb/engine.ts", async (original) => {
  const actual = await original<typeof import("../../src/duckdb/engine.ts")>();
  const note = async (engine: Engine) => {
    const tables = await engine.rows<{ table_name: string }>(
      "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'dimension%' OR table_name = 'stored_price_window'",
    );
    for (const { table_name } of tables) {
      const rows = await engine.count(`SELECT count(*) FROM ${table_name}`);
      met.rows.set(table_name, Math.max(rows, met.rows.get(table_name) ?? 0));
    }
  };
  const withEngine: typeof actual.withEngine = (signal, work, options) =>
    actual.withEngine(
      signal,
      (engine) => {
        const run = async (sql: string) => {
          await engine.run(sql);
          if (sql.includes("CREATE TYPE") || sql.includes("stored_price_window")) await note(engine);
        };
        return work({ ...engine, run });
      },
      options,
    );
  return { ...actual, withEngine };
});

const header = "date,store_code,sku,quantity,unit_price,total_amount";

describe.each(serverVersions())("on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });
  const workspace = new Workspace();
  await fillDimensions(database);
  await query(
    database,
    "INSERT INTO product (sku, name) SELECT 'P''\\' || i, 'Product' FROM generate_series(1, 25000) AS i",
  );
  await query(
    database,
    `INSERT INTO calendar (date, day_of_week, month, quarter, year)
     SELECT d, extract(isodow FROM d) - 1, extract(month FROM d), extract(quarter FROM d), extract(year FROM d)
     FROM generate_series(date '1950-01-01', date '2010-12-31', interval '1 day') AS d`,
  );
  await query(
    database,
    `INSERT INTO price_history (product_id, store_id, price, valid_from, valid_to)
     SELECT id, NULL, 1, date '2020-01-01', NULL FROM product`,
  );

  test("known keys are found and unknown ones rejected, also long and strange ones", async () => {
    met.rows.clear();
    const lines = [
      header,
      "1999-12-31,S1,P'\\7,1,1.00,1.00",
      "2024-01-02,S1,A,1,1.00,1.00",
      "2024-01-03,S1,P'\\25001,1,1.00,1.00",
      "1949-12-31,S9,A,1,1.00,1.00",
      `2024-02-30,S1,${"x".repeat(100)},1,1.00,1.00`,
    ];
    const result = await loadCsv(workspace, database, "sales_daily", lines, { maxRejects: { rows: 9 } });
    expect(faultsOf(result).map((fault) => fault.slice(0, 40))).toEqual([
      "3 sku UNKNOWN_PRODUCT P'\\25001",
      "4 date UNKNOWN_DATE 1949-12-31",
      "4 store_code UNKNOWN_STORE S9",
      "5 date DATE_INVALID 2024-02-30",
      `5 sku TEXT_TOO_LONG ${"x".repeat(20)}`,
    ]);
    expect(result).toMatchObject({ inserted: 2, rejected: 3 });
    expect(Object.fromEntries(met.rows)).toEqual({
      dimension_store: 2,
      dimension_product: 2,
      dimension_calendar: 3,
    });
  });

  test("missing keys are added", async () => {
    const lines = [header, "1999-12-30,S1,new,1,1.00,1.00", "1949-12-30,S1,P'\\8,1,1.00,1.00"];
    const result = await loadCsv(workspace, database, "sales_daily", lines, { createMissing: true });
    expect(result).toMatchObject({ inserted: 2, created: { store: 0, product: 1, calendar: 1 } });
  });

  test("expressions that fail, and window functions, find their keys too", async () => {
    const mapping = (number: string) => `
      table: sales_txn
      columns:
        date: day
        store_code: "'S1'"
        sku: "'P''\\\\' || CAST(no AS INTEGER)"
        txn_id: no
        line_no: ${number}
        quantity: CAST(no AS INTEGER)
        unit_price: 1
        total_amount: no`;
    for (const number of ["1", "row_number() OVER (PARTITION BY day, no)"]) {
      const lines = ["day,no", "2000-01-01,11", "2000-01-02,x", "2000-01-03,26000"];
      const result = await loadCsv(workspace, database, "sales_txn", lines, {
        mapping: mapping(number),
        maxRejects: { rows: 9 },
        dryRun: true,
      });
      expect(result).toMatchObject({
        inserted: 1,
        rejected: 2,
        reject_codes: { EXPRESSION_FAILED: 2, UNKNOWN_PRODUCT: 1 },
      });
    }
  });

  test("more keys than are asked for by name are found", async () => {
    const skus = Array.from({ length: 10_050 }, (_, index) => `2000-01-01,S1,P'\\${index + 1},1,1.00,1.00`);
    const lines = [header, ...skus, "2000-01-01,S1,unknown,1,1.00,1.00"];
    const options = { maxRejects: { rows: 1 }, dryRun: true };
    const result = await loadCsv(workspace, database, "sales_daily", lines, options);
    expect(result).toMatchObject({ inserted: 10_050, reject_codes: { UNKNOWN_PRODUCT: 1 } });
  });

  test("stored windows of the load's products still count", async () => {
    met.rows.clear();
    const prices = ["sku,price,valid_from", "P'\\5,2.00,2021-01-01", "P'\\6,2.00,2020-01-01"];
    const result = await loadCsv(workspace, database, "price_history", prices, { maxRejects: { rows: 1 } });
    expect(result).toMatchObject({ updated: 1, reject_codes: { OVERLAPPING_WINDOW: 1 } });
    expect(met.rows.get("stored_price_window")).toBe(2);
  });
});
