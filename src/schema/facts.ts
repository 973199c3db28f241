import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  date,
  foreignKey,
  index,
  integer,
  numeric,
  pgTable,
  primaryKey,
  unique,
  varchar,
} from "drizzle-orm/pg-core";
import { calendar, product, store } from "./dimensions.ts";
import { timestamps } from "./timestamps.ts";

/**
 * Grain: one row per day, store and product. Partitioned by month of `date`, which is written by hand in migration 0001,
 * because the model cannot express it. The keys of facts contain `date`, which partitioning requires, and `store_id`, so that
 * the same schema can be distributed by store.
 */
export const salesDaily = pgTable(
  "sales_daily",
  {
    id: bigint({ mode: "number" }).generatedByDefaultAsIdentity(),
    date: date().notNull(),
    storeId: integer().notNull(),
    productId: integer().notNull(),
    /** Net units sold, never negative. */
    quantity: integer().notNull(),
    /** Price of one unit at the time of sale, in the retailer's currency. */
    unitPrice: numeric({ precision: 10, scale: 2 }).notNull(),
    totalAmount: numeric({ precision: 12, scale: 2 }).notNull(),
    ...timestamps,
  },
  (t) => [
    primaryKey({ name: "pk_sales_daily", columns: [t.id, t.date, t.storeId] }),
    unique("uq_sales_daily_grain").on(t.date, t.storeId, t.productId),
    foreignKey({ name: "fk_sales_daily_calendar", columns: [t.date], foreignColumns: [calendar.date] }),
    foreignKey({ name: "fk_sales_daily_store", columns: [t.storeId], foreignColumns: [store.id] }),
    foreignKey({ name: "fk_sales_daily_product", columns: [t.productId], foreignColumns: [product.id] }),
    index("ix_sales_daily_store_id").on(t.storeId),
    index("ix_sales_daily_product_id").on(t.productId),
    index("ix_sales_daily_date_store").on(t.date, t.storeId),
    index("ix_sales_daily_date_product").on(t.date, t.productId),
    check("ck_sales_daily_quantity_positive", sql`${t.quantity} >= 0`),
    check("ck_sales_daily_price_positive", sql`${t.unitPrice} >= 0`),
    check("ck_sales_daily_amount_positive", sql`${t.totalAmount} >= 0`),
  ],
);

/**
 * Grain: one row per product, store (NULL: the whole chain) and validity window. A window includes `valid_from` and `valid_to`,
 * and is open-ended if `valid_to` is NULL. The windows of one product and store do not overlap (`ex_price_history_no_overlap`,
 * written by hand in migration 0001). The price of a store takes precedence over the price of the chain.
 */
export const priceHistory = pgTable(
  "price_history",
  {
    id: bigint({ mode: "number" }).generatedByDefaultAsIdentity(),
    productId: integer().notNull(),
    storeId: integer(),
    price: numeric({ precision: 10, scale: 2 }).notNull(),
    validFrom: date().notNull(),
    validTo: date(),
    ...timestamps,
  },
  (t) => [
    primaryKey({ name: "pk_price_history", columns: [t.id] }),
    foreignKey({ name: "fk_price_history_product", columns: [t.productId], foreignColumns: [product.id] }),
    foreignKey({ name: "fk_price_history_store", columns: [t.storeId], foreignColumns: [store.id] }),
    index("ix_price_history_product_id").on(t.productId),
    index("ix_price_history_store_id").on(t.storeId),
    index("ix_price_history_valid_from").on(t.validFrom),
    index("ix_price_history_product_validity").on(t.productId, t.validFrom, t.validTo),
    check("ck_price_history_price_positive", sql`${t.price} >= 0`),
    check("ck_price_history_valid_dates", sql`${t.validTo} IS NULL OR ${t.validTo} >= ${t.validFrom}`),
  ],
);

/** Grain: one row per product, store (NULL: the whole chain), name and start date. Promotions may overlap. */
export const promotion = pgTable(
  "promotion",
  {
    id: bigint({ mode: "number" }).generatedByDefaultAsIdentity(),
    productId: integer().notNull(),
    storeId: integer(),
    name: varchar({ length: 200 }).notNull(),
    /** Discount as a fraction of the price: 0.15 is 15 % off. */
    discountPct: numeric({ precision: 5, scale: 4 }),
    /** Discount on the price of one unit, in the retailer's currency. */
    discountAmount: numeric({ precision: 10, scale: 2 }),
    startDate: date().notNull(),
    endDate: date().notNull(),
    ...timestamps,
  },
  (t) => [
    primaryKey({ name: "pk_promotion", columns: [t.id] }),
    foreignKey({ name: "fk_promotion_product", columns: [t.productId], foreignColumns: [product.id] }),
    foreignKey({ name: "fk_promotion_store", columns: [t.storeId], foreignColumns: [store.id] }),
    index("ix_promotion_product_id").on(t.productId),
    index("ix_promotion_store_id").on(t.storeId),
    index("ix_promotion_start_date").on(t.startDate),
    index("ix_promotion_product_dates").on(t.productId, t.startDate, t.endDate),
    check("ck_promotion_valid_dates", sql`${t.endDate} >= ${t.startDate}`),
    check(
      "ck_promotion_discount_pct_range",
      sql`${t.discountPct} IS NULL OR (${t.discountPct} >= 0 AND ${t.discountPct} <= 1)`,
    ),
    check(
      "ck_promotion_discount_amount_positive",
      sql`${t.discountAmount} IS NULL OR ${t.discountAmount} >= 0`,
    ),
  ],
);

/** Grain: one row per day, store and product: the stock at the end of the day. Partitioned by month of `date`. */
export const inventorySnapshotDaily = pgTable(
  "inventory_snapshot_daily",
  {
    id: bigint({ mode: "number" }).generatedByDefaultAsIdentity(),
    date: date().notNull(),
    storeId: integer().notNull(),
    productId: integer().notNull(),
    /** Units on hand at the end of the day. */
    onHandQty: integer().notNull(),
    /** Units ordered and not yet received. */
    onOrderQty: integer().notNull().default(0),
    isStockout: boolean().notNull().generatedAlwaysAs(sql`on_hand_qty = 0`),
    ...timestamps,
  },
  (t) => [
    primaryKey({ name: "pk_inventory_snapshot_daily", columns: [t.id, t.date, t.storeId] }),
    unique("uq_inventory_snapshot_daily_grain").on(t.date, t.storeId, t.productId),
    foreignKey({
      name: "fk_inventory_snapshot_daily_calendar",
      columns: [t.date],
      foreignColumns: [calendar.date],
    }),
    foreignKey({
      name: "fk_inventory_snapshot_daily_store",
      columns: [t.storeId],
      foreignColumns: [store.id],
    }),
    foreignKey({
      name: "fk_inventory_snapshot_daily_product",
      columns: [t.productId],
      foreignColumns: [product.id],
    }),
    index("ix_inventory_snapshot_daily_store_id").on(t.storeId),
    index("ix_inventory_snapshot_daily_product_id").on(t.productId),
    index("ix_inventory_snapshot_date_store").on(t.date, t.storeId),
    check("ck_inventory_on_hand_positive", sql`${t.onHandQty} >= 0`),
    check("ck_inventory_on_order_positive", sql`${t.onOrderQty} >= 0`),
  ],
);
