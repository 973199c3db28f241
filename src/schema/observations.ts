import { sql } from "drizzle-orm";
import {
  bigint,
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
 * Grain: one row per line of a receipt or invoice (date, store, txn_id, line_no). A negative quantity is a return, whose amount
 * is negative or zero. Partitioned by month of `date`. `rollup` aggregates it into `sales_daily`.
 */
export const salesTxn = pgTable(
  "sales_txn",
  {
    id: bigint({ mode: "number" }).generatedByDefaultAsIdentity(),
    date: date().notNull(),
    storeId: integer().notNull(),
    productId: integer().notNull(),
    txnId: varchar({ length: 50 }).notNull(),
    /** Position of the line in its transaction, from 1. */
    lineNo: integer().notNull(),
    /** Units sold; negative if they were returned. */
    quantity: integer().notNull(),
    unitPrice: numeric({ precision: 10, scale: 2 }).notNull(),
    totalAmount: numeric({ precision: 12, scale: 2 }).notNull(),
    ...timestamps,
  },
  (t) => [
    primaryKey({ name: "pk_sales_txn", columns: [t.id, t.date, t.storeId] }),
    unique("uq_sales_txn_grain").on(t.date, t.storeId, t.txnId, t.lineNo),
    foreignKey({ name: "fk_sales_txn_calendar", columns: [t.date], foreignColumns: [calendar.date] }),
    foreignKey({ name: "fk_sales_txn_store", columns: [t.storeId], foreignColumns: [store.id] }),
    foreignKey({ name: "fk_sales_txn_product", columns: [t.productId], foreignColumns: [product.id] }),
    index("ix_sales_txn_store_id").on(t.storeId),
    index("ix_sales_txn_product_id").on(t.productId),
    check("ck_sales_txn_line_no_positive", sql`${t.lineNo} >= 1`),
    check("ck_sales_txn_price_positive", sql`${t.unitPrice} >= 0`),
    check(
      "ck_sales_txn_amount_sign",
      sql`${t.quantity} = 0 OR ${t.totalAmount} = 0 OR (${t.quantity} > 0) = (${t.totalAmount} > 0)`,
    ),
  ],
);

/** Grain: one row per day and store: the weather observed there. */
export const weatherDaily = pgTable(
  "weather_daily",
  {
    id: bigint({ mode: "number" }).generatedByDefaultAsIdentity(),
    date: date().notNull(),
    storeId: integer().notNull(),
    /** Daily mean, in degrees Celsius. */
    temperatureAvgC: numeric({ precision: 5, scale: 2 }),
    temperatureMinC: numeric({ precision: 5, scale: 2 }),
    temperatureMaxC: numeric({ precision: 5, scale: 2 }),
    /** Daily sum, in millimetres. */
    precipitationMm: numeric({ precision: 7, scale: 2 }),
    /** Daily mean of relative humidity, 0 to 100. */
    humidityAvgPct: numeric({ precision: 5, scale: 2 }),
    /** Daily mean wind force on the Beaufort scale, 0 to 12. */
    windBeaufort: numeric({ precision: 4, scale: 2 }),
    ...timestamps,
  },
  (t) => [
    primaryKey({ name: "pk_weather_daily", columns: [t.id, t.date, t.storeId] }),
    unique("uq_weather_daily_grain").on(t.date, t.storeId),
    foreignKey({ name: "fk_weather_daily_calendar", columns: [t.date], foreignColumns: [calendar.date] }),
    foreignKey({ name: "fk_weather_daily_store", columns: [t.storeId], foreignColumns: [store.id] }),
    index("ix_weather_daily_store_id").on(t.storeId),
    check(
      "ck_weather_daily_temperature_order",
      sql`${t.temperatureMinC} IS NULL OR ${t.temperatureMaxC} IS NULL OR ${t.temperatureMinC} <= ${t.temperatureMaxC}`,
    ),
    check(
      "ck_weather_daily_precipitation_positive",
      sql`${t.precipitationMm} IS NULL OR ${t.precipitationMm} >= 0`,
    ),
    check(
      "ck_weather_daily_humidity_range",
      sql`${t.humidityAvgPct} IS NULL OR (${t.humidityAvgPct} >= 0 AND ${t.humidityAvgPct} <= 100)`,
    ),
    check(
      "ck_weather_daily_wind_range",
      sql`${t.windBeaufort} IS NULL OR (${t.windBeaufort} >= 0 AND ${t.windBeaufort} <= 12)`,
    ),
  ],
);

/** Grain: one row per day and store: the number of visitors. */
export const trafficDaily = pgTable(
  "traffic_daily",
  {
    id: bigint({ mode: "number" }).generatedByDefaultAsIdentity(),
    date: date().notNull(),
    storeId: integer().notNull(),
    /** People who entered the store on the day. */
    visitors: integer().notNull(),
    ...timestamps,
  },
  (t) => [
    primaryKey({ name: "pk_traffic_daily", columns: [t.id, t.date, t.storeId] }),
    unique("uq_traffic_daily_grain").on(t.date, t.storeId),
    foreignKey({ name: "fk_traffic_daily_calendar", columns: [t.date], foreignColumns: [calendar.date] }),
    foreignKey({ name: "fk_traffic_daily_store", columns: [t.storeId], foreignColumns: [store.id] }),
    index("ix_traffic_daily_store_id").on(t.storeId),
    check("ck_traffic_daily_visitors_positive", sql`${t.visitors} >= 0`),
  ],
);
