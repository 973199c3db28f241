import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { auditFrame } from "../../src/frame/index.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { cents, fillDays, loadExample, queryRows, rollUpAll } from "./support/examples.ts";
import { exampleQueries } from "./support/queries.ts";
import { hasSharedData, onlineRetailFiles, parseCsv } from "./support/shared-data.ts";

describe.skipIf(!hasSharedData)("Online Retail, December 2010", async () => {
  const database = await freshDatabase();
  const files = hasSharedData ? onlineRetailFiles() : [];

  /** What the mapping says it decides, told again in plain JavaScript over the files. */
  const notProducts = ["POST", "DOT", "C2", "M", "D", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS"];
  const source = files.flatMap((file) => parseCsv(readFileSync(file, "utf8")));
  const lines = source
    .map((line) => ({ ...line, sku: (line.StockCode ?? "").trim().toUpperCase() }) as Record<string, string>)
    .filter(({ sku, UnitPrice, CustomerID }) => {
      return !notProducts.includes(sku ?? "") && !(Number(UnitPrice) === 0 && CustomerID === "");
    });
  const days = new Map<string, { quantity: number; cents: number }>();
  for (const { InvoiceDate, Country, sku, Quantity, UnitPrice } of lines) {
    const key = `${InvoiceDate?.slice(0, 10)} ${Country} ${sku}`;
    const day = days.get(key) ?? { quantity: 0, cents: 0 };
    days.set(key, {
      quantity: day.quantity + Number(Quantity),
      cents: day.cents + Number(Quantity) * cents(UnitPrice),
    });
  }
  const products = new Set(
    source
      .map((line) => line.StockCode?.trim().toUpperCase())
      .filter((sku) => !notProducts.includes(sku ?? "")),
  ).size;
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

  test("loads into store, product, calendar and sales_txn with the committed mappings", async () => {
    await fillDays(database, "2010-12-01", "2010-12-31", "GB");
    expect(await loadExample(database, "store", files, "online_retail/store")).toMatchObject({
      read: 42_481,
      inserted: 24,
      rejected: 0,
    });
    expect(await loadExample(database, "product", files, "online_retail/product")).toMatchObject({
      inserted: products,
    });
    expect(await loadExample(database, "sales_txn", files, "online_retail/sales_txn")).toMatchObject({
      read: lines.length,
      inserted: lines.length,
      filtered: source.length - lines.length,
      rejected: 0,
    });
  });

  test("the transactions' totals are those of the files, by store", async () => {
    const rows = await queryRows<{ code: string; quantity: string; amount: string }>(
      database,
      `SELECT code, sum(quantity) AS quantity, sum(total_amount) AS amount
       FROM sales_txn JOIN store ON store.id = store_id GROUP BY code`,
    );
    const expected = new Map<string, number>();
    for (const { Country = "", Quantity, UnitPrice } of lines) {
      expected.set(Country, (expected.get(Country) ?? 0) + Number(Quantity) * cents(UnitPrice));
    }
    expect(Object.fromEntries(rows.map(({ code, amount }) => [code, cents(amount)]))).toEqual(
      Object.fromEntries(expected),
    );
    expect(sum(rows.map(({ quantity }) => Number(quantity)))).toBe(
      sum(lines.map(({ Quantity }) => Number(Quantity))),
    );
  });

  test("rolls up to days that agree with the files one by one", async () => {
    const outcome = await rollUpAll(database);
    const rows = await queryRows<{ key: string; quantity: number; amount: string }>(
      database,
      `SELECT concat_ws(' ', date, code, sku) AS key, quantity, total_amount AS amount
       FROM sales_daily JOIN store ON store.id = store_id JOIN product ON product.id = product_id`,
    );
    const stored = Object.fromEntries(
      rows.map(({ key, quantity, amount }) => [key, { quantity, cents: cents(amount) }]),
    );
    const expected = [...days].map(([key, day]) => {
      return [key, { quantity: Math.max(day.quantity, 0), cents: Math.max(day.cents, 0) }] as const;
    });
    expect(stored).toEqual(Object.fromEntries(expected));

    const negative = [...days.values()].filter((day) => day.quantity < 0 || day.cents < 0);
    expect(negative.length).toBeGreaterThan(0);
    expect(outcome.net_negative_days).toHaveLength(negative.length);
    expect(Number(outcome.zeroed.quantity)).toBe(-sum(negative.map(({ quantity }) => Math.min(quantity, 0))));
    expect(cents(outcome.zeroed.total_amount)).toBe(-sum(negative.map((day) => Math.min(day.cents, 0))));
  });

  test("loading all of it again changes nothing", async () => {
    for (const [table, unchanged] of [
      ["product", products],
      ["sales_txn", lines.length],
    ] as const) {
      const mapping = `online_retail/${table}`;
      const known = files.map((path) => ({ path }));
      expect(await loadExample(database, table, files, mapping)).toMatchObject({ already_loaded: known });
      expect(await loadExample(database, table, files, mapping, { again: true })).toMatchObject({
        ...{ inserted: 0, updated: 0, unchanged },
        already_loaded: [],
      });
    }
    expect(await rollUpAll(database)).toMatchObject({ inserted: 0, updated: 0 });
  });

  test.for([...exampleQueries("kpi_sales"), ...exampleQueries("exog_join")])(
    "rows come back for: %s",
    async (sql) => {
      expect((await queryRows(database, sql)).length).toBeGreaterThan(0);
    },
  );

  test("a join with the drivers still has one row per day, store and product", async () => {
    const features = exampleQueries("exog_join")[3] ?? "";
    expect(await queryRows(database, features)).toHaveLength(days.size);
  });

  test("makes a frame of its sparse series, and nothing in it leaks", async () => {
    const report = await auditFrame(database, { cutoff: "2010-12-16", horizon: 7 });
    expect(report.checks.flatMap(({ differing }) => differing)).toEqual([]);
    // Every series from its first day with units sold on: told from the lines again.
    const first = new Map<string, number>();
    for (const [key, { quantity }] of [...days].sort()) {
      const [day = "", ...series] = key.split(" ");
      const date = Number(day.slice(8));
      const name = series.join(" ");
      if (quantity > 0 && date <= 16 && !first.has(name)) first.set(name, date);
    }
    expect(report.checks[0]).toMatchObject({
      rows: sum([...first.values()].map((date) => 16 - date + 1 + 7)),
    });
  });

  test("makes a frame of its weeks, of which the first is left out, and nothing in it leaks", async () => {
    const report = await auditFrame(database, { cutoff: "2010-12-19", horizon: 1, freq: "week" });
    expect(report.checks.flatMap(({ differing }) => differing)).toEqual([]);
    // Sales begin on Wednesday the 1st: weeks begin on the 6th and the 13th, and one is to come.
    const first = new Map<string, number>();
    for (const [key, { quantity }] of [...days].sort()) {
      const [day = "", ...series] = key.split(" ");
      const date = Number(day.slice(8));
      const name = series.join(" ");
      if (quantity > 0 && date <= 19 && !first.has(name)) first.set(name, date);
    }
    expect(report.checks[0]).toMatchObject({
      rows: sum([...first.values()].map((date) => (date < 13 ? 3 : 2))),
    });
  });
});
