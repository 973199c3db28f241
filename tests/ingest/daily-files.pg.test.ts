import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../src/database/connection.ts";
import type { LoadResult } from "../../src/ingest/index.ts";
import { fillDays, loadExample, queryRows } from "../examples/support/examples.ts";
import { hasSharedData, onlineRetailFiles, parseCsv } from "../examples/support/shared-data.ts";
import { freshDatabase } from "../support/warehouse.ts";

/* Loading files day by day gives the same warehouse as loading all of them at once. */

describe.skipIf(!hasSharedData)("the 20 daily files of December 2010", async () => {
  const files = hasSharedData ? onlineRetailFiles() : [];
  const [daily, whole] = [await freshDatabase(), await freshDatabase()];
  const loadInto = (database: Database, table: "store" | "product" | "sales_txn", parts: readonly string[]) =>
    loadExample(database, table, parts, `online_retail/${table}`, { createMissing: table === "sales_txn" });
  const total = (results: readonly LoadResult[], part: (typeof parts)[number]) =>
    results.reduce((sum, result) => sum + result[part], 0);
  const parts = ["source_rows", "filtered", "read", "inserted"] as const;

  const oneByOne: Record<"product" | "sales_txn", LoadResult[]> = { product: [], sales_txn: [] };
  const atOnce: typeof oneByOne = { product: [], sales_txn: [] };
  beforeAll(async () => {
    for (const database of [daily, whole]) await fillDays(database, "2010-12-01", "2010-12-31", "GB");
    for (const file of files) {
      oneByOne.product.push(await loadInto(daily, "product", [file]));
      oneByOne.sales_txn.push(await loadInto(daily, "sales_txn", [file]));
    }
    await loadInto(whole, "store", files);
    atOnce.product.push(await loadInto(whole, "product", files));
    atOnce.sales_txn.push(await loadInto(whole, "sales_txn", files));
  }, 240_000);

  test("give the same transactions, row by row", async () => {
    const lines = `
      SELECT date, code, txn_id, line_no, sku, quantity, unit_price, total_amount
      FROM sales_txn
      JOIN store ON store.id = store_id
      JOIN product ON product.id = product_id
      ORDER BY date, code, txn_id, line_no`;
    const rows = await queryRows(whole, lines);
    expect(rows.length).toBeGreaterThan(40_000);
    expect((await queryRows(daily, lines)).map((row) => JSON.stringify(row))).toEqual(
      rows.map((row) => JSON.stringify(row)),
    );
  });

  test("give the same stores, although each day creates the missing ones", async () => {
    const stores = "SELECT code, name, region, city, store_type FROM store ORDER BY code";
    const rows = await queryRows(whole, stores);
    expect(await queryRows(daily, stores)).toEqual(rows);
    expect(oneByOne.sales_txn.reduce((sum, { created }) => sum + created.store, 0)).toBe(rows.length);
    expect(atOnce.sales_txn[0]?.created).toEqual({ store: 0, product: 0, calendar: 0 });
  });

  /** Stock codes, each with the last name that a line with a price gives it, load by load. */
  function namesAfter(loads: readonly (readonly string[])[]): { sku: string; name: string }[] {
    const names = new Map<string, string>();
    for (const part of loads) {
      const found = new Map<string, string | undefined>();
      for (const line of part.flatMap((file) => parseCsv(readFileSync(file, "utf8")))) {
        const sku = (line.StockCode ?? "").trim().toUpperCase();
        const name = Number(line.UnitPrice) > 0 ? line.Description?.trim() : undefined;
        if (!notProducts.includes(sku)) found.set(sku, name || found.get(sku));
      }
      for (const [sku, name] of found) names.set(sku, name ?? sku);
    }
    const inOrder = [...names].map(([sku, name]) => ({ sku, name }));
    return inOrder.sort((a, b) => (a.sku < b.sku ? -1 : 1));
  }
  const notProducts = ["POST", "DOT", "C2", "M", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS"];

  test("give the same products, each with the newest name of its last load", async () => {
    const products = `SELECT sku, name FROM product ORDER BY sku COLLATE "C"`;
    expect(await queryRows(whole, products)).toEqual(namesAfter([files]));
    expect(await queryRows(daily, products)).toEqual(namesAfter(files.map((file) => [file])));
  });

  test("account for every row: the counts of the daily loads add up to those of the single one", () => {
    for (const table of ["product", "sales_txn"] as const) {
      for (const part of parts) {
        expect(total(oneByOne[table], part), `${table} ${part}`).toBe(total(atOnce[table], part));
      }
      for (const result of [...oneByOne[table], ...atOnce[table]]) {
        const { read, inserted, updated, unchanged, duplicates, rejected } = result;
        expect(inserted + updated + unchanged + duplicates + rejected).toBe(read);
        expect(rejected).toBe(0);
      }
    }
    const ofTransactions = oneByOne.sales_txn.flatMap(({ months }) => months);
    expect(ofTransactions.map(({ method }) => method)).toContain("attach");
    expect(ofTransactions.map(({ method }) => method)).toContain("merge");
  });

  test("are recognized as they were loaded, and nothing is written", async () => {
    const versions = "SELECT tableoid, ctid, xmin FROM sales_txn ORDER BY tableoid, ctid";
    const before = await queryRows(daily, versions);
    for (const file of files) {
      const result = await loadInto(daily, "sales_txn", [file]);
      expect(result).toMatchObject({ files: [], load_id: null, already_loaded: [{ path: file }] });
    }
    const together = await loadInto(whole, "sales_txn", files);
    expect(together.already_loaded.map(({ path }) => path)).toEqual(files);
    // The mapping numbers lines over all files of a load. So files of several loads are read again, and nothing changes.
    expect(await loadInto(daily, "sales_txn", files)).toMatchObject({
      ...{ inserted: 0, updated: 0, rejected: 0, already_loaded: [] },
      unchanged: total(atOnce.sales_txn, "inserted"),
    });
    expect(await queryRows(daily, versions)).toEqual(before);
  });
});
