import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Database, withClient } from "../../src/database/connection.ts";
import { forecastlab, type Run } from "../support/command-line.ts";
import { exampleQueries } from "../support/queries.ts";
import {
  completeJourney,
  freshRetailFile,
  hasSharedData,
  onlineRetailFiles,
  parseCsv,
} from "../support/shared-data.ts";
import { freshDatabase, rowsOf, urlOf } from "../support/warehouse.ts";

const mapping = (name: string) =>
  fileURLToPath(new URL(`../../examples/mappings/${name}.yaml`, import.meta.url));

/** Runs a command on the database and expects it to succeed. */
async function run(database: Database, ...args: string[]): Promise<Run> {
  const outcome = await forecastlab([...args, "--json"], { env: { DATABASE_URL: urlOf(database) } });
  expect(outcome, outcome.stdout).toMatchObject({ status: 0 });
  return outcome;
}

const load = (database: Database, table: string, files: string[], name: string) =>
  run(database, "load", table, ...files, "--mapping", mapping(name));

const query = <Row extends object>(database: Database, sql: string) =>
  withClient(database, (client) => rowsOf<Row>(client, sql));

const cents = (text: string | undefined) => Math.round(Number(text) * 100);

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
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

  test("loads into store, product, calendar and sales_txn with the committed mappings", async () => {
    await run(database, "calendar", "--from", "2010-12-01", "--to", "2010-12-31", "--country", "GB");
    expect((await load(database, "store", files, "online_retail/store")).json).toMatchObject({
      read: 42_481,
      inserted: 24,
      rejected: 0,
    });
    const products = await load(database, "product", files, "online_retail/product");
    expect(products.json.inserted).toBe(
      new Set(
        source
          .map((line) => line.StockCode?.trim().toUpperCase())
          .filter((sku) => !notProducts.includes(sku ?? "")),
      ).size,
    );
    expect((await load(database, "sales_txn", files, "online_retail/sales_txn")).json).toMatchObject({
      read: lines.length,
      inserted: lines.length,
      filtered: source.length - lines.length,
      rejected: 0,
    });
  });

  test("the transactions' totals are those of the files, by store", async () => {
    const rows = await query<{ code: string; quantity: string; amount: string }>(
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
    const { json } = await run(database, "rollup");
    const rows = await query<{ key: string; quantity: number; amount: string }>(
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
    expect(json.net_negative_days).toHaveLength(negative.length);
    expect(Number(json.zeroed.quantity)).toBe(-sum(negative.map(({ quantity }) => Math.min(quantity, 0))));
    expect(cents(json.zeroed.total_amount)).toBe(-sum(negative.map((day) => Math.min(day.cents, 0))));
  });

  test("loading all of it again changes nothing", async () => {
    expect((await load(database, "product", files, "online_retail/product")).json).toMatchObject({
      inserted: 0,
      updated: 0,
    });
    expect((await load(database, "sales_txn", files, "online_retail/sales_txn")).json).toMatchObject({
      inserted: 0,
      updated: 0,
      unchanged: lines.length,
    });
    expect((await run(database, "rollup")).json).toMatchObject({ inserted: 0, updated: 0 });
  });

  test.for([...exampleQueries("kpi_sales"), ...exampleQueries("exog_join")])(
    "rows come back for: %s",
    async (sql) => {
      expect((await query(database, sql)).length).toBeGreaterThan(0);
    },
  );

  test("a join with the drivers still has one row a day, store and product", async () => {
    const features = exampleQueries("exog_join")[3] ?? "";
    expect(await query(database, features)).toHaveLength(days.size);
  });
});

describe.skipIf(!hasSharedData)("FreshRetailNet", async () => {
  const database = await freshDatabase();
  const source = hasSharedData ? parseCsv(readFileSync(freshRetailFile, "utf8")) : [];
  const file = [freshRetailFile];

  test("loads with its fractional quantities, without a price", async () => {
    await run(database, "calendar", "--from", "2024-03-28", "--to", "2024-06-25", "--country", "CN");
    expect((await load(database, "store", file, "freshretailnet/store")).json).toMatchObject({ inserted: 4 });
    expect((await load(database, "product", file, "freshretailnet/product")).json).toMatchObject({
      inserted: 105,
    });
    for (const table of ["sales_daily", "inventory_snapshot_daily"]) {
      const { json } = await load(database, table, file, `freshretailnet/${table}`);
      expect(json).toMatchObject({ read: 21_600, inserted: 21_600, rejected: 0, duplicates: 0 });
    }
    expect((await load(database, "promotion", file, "freshretailnet/promotion")).json).toMatchObject({
      inserted: source.filter(({ activity_flag }) => activity_flag === "1").length,
    });
    expect((await load(database, "weather_daily", file, "freshretailnet/weather_daily")).json).toMatchObject({
      read: 21_600,
      inserted: 4 * 90,
      duplicates: 21_600 - 4 * 90,
    });
  });

  test("no part of a quantity is lost, and the price is the discount", async () => {
    const [row] = await query<{ quantity: string; price: string; stockouts: string; rain: string }>(
      database,
      `SELECT
         (SELECT sum(quantity) FROM sales_daily) AS quantity,
         (SELECT min(unit_price) FROM sales_daily) AS price,
         (SELECT count(*) FROM inventory_snapshot_daily WHERE is_stockout) AS stockouts,
         (SELECT max(precipitation_mm) FROM weather_daily) AS rain`,
    );
    const hundredths = source.map(({ sale_amount }) => cents(sale_amount));
    expect(Number(row?.quantity)).toBe(hundredths.reduce((a, b) => a + b, 0));
    expect(row?.price).toBe(Math.min(...source.map(({ discount }) => Number(discount))).toFixed(2));
    expect(Number(row?.stockouts)).toBe(source.filter((line) => line.stock_hour6_22_cnt === "16").length);
    expect(row?.rain).toBe(Math.max(...source.map(({ precpt }) => Number(precpt))).toFixed(2));
  });
});

describe.skipIf(!hasSharedData)("The Complete Journey", async () => {
  const database = await freshDatabase();
  const { transactions, products, promotions } = completeJourney;
  const source = hasSharedData ? parseCsv(readFileSync(transactions, "utf8")) : [];

  test("loads, products the product file lacks included", async () => {
    await run(database, "calendar", "--from", "2016-12-26", "--to", "2017-06-30", "--country", "US");
    await load(database, "store", [transactions], "completejourney/store");
    await load(database, "product", [transactions], "completejourney/product_seen");
    await load(database, "product", [promotions], "completejourney/product_seen");
    expect((await load(database, "product", [products], "completejourney/product")).json).toMatchObject({
      read: 13_999,
      rejected: 0,
    });
    const kept = source.filter((line) => Number(line.quantity) !== 0 || cents(line.sales_value) !== 0);
    expect(
      (await load(database, "sales_txn", [transactions], "completejourney/sales_txn")).json,
    ).toMatchObject({
      read: kept.length,
      filtered: source.length - kept.length,
      inserted: kept.length,
      rejected: 0,
    });
    expect((await load(database, "promotion", [promotions], "completejourney/promotion")).json).toMatchObject(
      {
        read: 26_724,
        inserted: 26_724,
      },
    );
  });

  test("sales of the data's weeks are the sales of its days, so the days are the store's", async () => {
    const rows = await query<{ week: number; amount: string }>(
      database,
      `SELECT (date - DATE '2016-12-26') / 7 + 1 AS week, sum(total_amount) AS amount
       FROM sales_txn GROUP BY week ORDER BY week`,
    );
    const weeks = new Map<number, number>();
    for (const { week, sales_value } of source) {
      weeks.set(Number(week), (weeks.get(Number(week)) ?? 0) + cents(sales_value));
    }
    expect(Object.fromEntries(rows.map(({ week, amount }) => [week, cents(amount)]))).toEqual(
      Object.fromEntries(weeks),
    );
  });

  test("the transactions roll up", async () => {
    const { json } = await run(database, "rollup");
    expect(json).toMatchObject({ net_negative_days: [], zeroed: { quantity: "0", total_amount: "0.00" } });
    expect(cents(json.net.total_amount)).toBe(
      source.reduce((total, line) => total + cents(line.sales_value), 0),
    );
  });
});
