import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import * as schema from "../../src/schema/index.ts";
import { freshDatabase } from "../support/warehouse.ts";

describe("relational queries with Drizzle:", async () => {
  const database = await freshDatabase();
  const query = <T>(work: (db: NodePgDatabase<typeof schema>) => Promise<T>) =>
    withClient(database, (client) => work(drizzle(client, { schema, casing: "snake_case" })));

  await query(async (db) => {
    const [store] = await db.insert(schema.store).values({ code: "S1", name: "High Street" }).returning();
    const [product] = await db.insert(schema.product).values({ sku: "P1", name: "Milk" }).returning();
    const storeId = store?.id ?? 0;
    const productId = product?.id ?? 0;
    const date = "2024-02-29";
    await db.insert(schema.calendar).values({ date, dayOfWeek: 3, month: 2, quarter: 1, year: 2024 });
    const money = { unitPrice: "1.20", totalAmount: "3.60" };
    await db.insert(schema.salesDaily).values({ date, storeId, productId, quantity: 3, ...money });
    await db
      .insert(schema.salesTxn)
      .values({ date, storeId, productId, txnId: "T1", lineNo: 1, quantity: 3, ...money });
    await db.insert(schema.inventorySnapshotDaily).values({ date, storeId, productId, onHandQty: 0 });
    await db.insert(schema.priceHistory).values({ productId, storeId: null, price: "1.20", validFrom: date });
    await db
      .insert(schema.promotion)
      .values({ productId, storeId, name: "Leap", discountPct: "0.1", startDate: date, endDate: date });
    await db.insert(schema.weatherDaily).values({ date, storeId, temperatureAvgC: "7.5" });
    await db.insert(schema.trafficDaily).values({ date, storeId, visitors: 120 });
  });

  test("a store with its facts", async () => {
    const stores = await query((db) =>
      db.query.store.findMany({
        with: {
          sales: true,
          transactions: true,
          inventorySnapshots: true,
          promotions: true,
          priceHistory: true,
          weather: true,
          traffic: true,
        },
      }),
    );
    // Drizzle reads nested rows as JSON, which drops the trailing zeros of decimals; 12 digits are still exact.
    expect(stores).toMatchObject([
      {
        code: "S1",
        sales: [{ quantity: 3, unitPrice: "1.2", date: "2024-02-29" }],
        transactions: [{ txnId: "T1" }],
        inventorySnapshots: [{ isStockout: true }],
        promotions: [{ name: "Leap", discountPct: "0.1" }],
        priceHistory: [],
        weather: [{ temperatureAvgC: "7.5" }],
        traffic: [{ visitors: 120 }],
      },
    ]);
  });

  test("a product with its facts, including a price of the chain", async () => {
    const products = await query((db) =>
      db.query.product.findMany({
        with: {
          sales: true,
          transactions: true,
          inventorySnapshots: true,
          promotions: true,
          priceHistory: true,
        },
      }),
    );
    expect(products).toMatchObject([
      {
        sku: "P1",
        sales: [{}],
        transactions: [{}],
        inventorySnapshots: [{}],
        promotions: [{}],
        priceHistory: [{ storeId: null }],
      },
    ]);
  });

  test("a day with its facts", async () => {
    const days = await query((db) =>
      db.query.calendar.findMany({
        with: { sales: true, transactions: true, inventorySnapshots: true, weather: true, traffic: true },
      }),
    );
    expect(days).toMatchObject([
      {
        date: "2024-02-29",
        sales: [{}],
        transactions: [{}],
        inventorySnapshots: [{}],
        weather: [{}],
        traffic: [{}],
      },
    ]);
  });

  test("each fact with its dimensions", async () => {
    const facts = await query(async (db) => ({
      sale: await db.query.salesDaily.findFirst({ with: { store: true, product: true, calendar: true } }),
      line: await db.query.salesTxn.findFirst({ with: { store: true, product: true, calendar: true } }),
      stock: await db.query.inventorySnapshotDaily.findFirst({
        with: { store: true, product: true, calendar: true },
      }),
      price: await db.query.priceHistory.findFirst({ with: { store: true, product: true } }),
      promotion: await db.query.promotion.findFirst({ with: { store: true, product: true } }),
      weather: await db.query.weatherDaily.findFirst({ with: { store: true, calendar: true } }),
      traffic: await db.query.trafficDaily.findFirst({ with: { store: true, calendar: true } }),
    }));
    const store = { code: "S1" };
    const product = { sku: "P1" };
    const calendar = { year: 2024 };
    expect(facts).toMatchObject({
      sale: { store, product, calendar },
      line: { store, product, calendar },
      stock: { store, product, calendar },
      price: { store: null, product },
      promotion: { store, product },
      weather: { store, calendar },
      traffic: { store, calendar },
    });
  });
});
