import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  date,
  index,
  integer,
  numeric,
  pgTable,
  primaryKey,
  uniqueIndex,
  varchar,
} from "drizzle-orm/pg-core";
import { timestamps } from "./timestamps.ts";

/** Grain: one row per store. Natural key: `code`. */
export const store = pgTable(
  "store",
  {
    id: integer().generatedByDefaultAsIdentity(),
    code: varchar({ length: 20 }).notNull(),
    name: varchar({ length: 100 }).notNull(),
    region: varchar({ length: 50 }),
    city: varchar({ length: 50 }),
    storeType: varchar({ length: 30 }),
    ...timestamps,
  },
  (t) => [primaryKey({ name: "pk_store", columns: [t.id] }), uniqueIndex("ix_store_code").on(t.code)],
);

/** Grain: one row per product. Natural key: `sku`. */
export const product = pgTable(
  "product",
  {
    id: integer().generatedByDefaultAsIdentity(),
    sku: varchar({ length: 50 }).notNull(),
    name: varchar({ length: 200 }).notNull(),
    category: varchar({ length: 100 }),
    brand: varchar({ length: 100 }),
    /** Standard retail price, in the retailer's currency. */
    basePrice: numeric({ precision: 10, scale: 2 }),
    /** Standard cost of goods, in the retailer's currency. */
    baseCost: numeric({ precision: 10, scale: 2 }),
    ...timestamps,
  },
  (t) => [
    primaryKey({ name: "pk_product", columns: [t.id] }),
    uniqueIndex("ix_product_sku").on(t.sku),
    index("ix_product_category").on(t.category),
    check("ck_product_base_price_positive", sql`${t.basePrice} IS NULL OR ${t.basePrice} >= 0`),
    check("ck_product_base_cost_positive", sql`${t.baseCost} IS NULL OR ${t.baseCost} >= 0`),
  ],
);

/** Grain: one row per day. Key: `date`. The parts of the date are checked against it. */
export const calendar = pgTable(
  "calendar",
  {
    date: date().notNull(),
    /** 0 = Monday … 6 = Sunday. */
    dayOfWeek: integer().notNull(),
    month: integer().notNull(),
    quarter: integer().notNull(),
    year: integer().notNull(),
    isHoliday: boolean().notNull().default(false),
    /** The names of all holidays of the day, joined by " / "; null if there are none. */
    holidayName: varchar({ length: 100 }),
    ...timestamps,
  },
  (t) => [
    primaryKey({ name: "pk_calendar", columns: [t.date] }),
    index("ix_calendar_year").on(t.year),
    check("ck_calendar_day_of_week", sql`${t.dayOfWeek} >= 0 AND ${t.dayOfWeek} <= 6`),
    check("ck_calendar_month", sql`${t.month} >= 1 AND ${t.month} <= 12`),
    check("ck_calendar_quarter", sql`${t.quarter} >= 1 AND ${t.quarter} <= 4`),
    check("ck_calendar_day_of_week_of_date", sql`${t.dayOfWeek} = EXTRACT(ISODOW FROM ${t.date}) - 1`),
    check("ck_calendar_month_of_date", sql`${t.month} = EXTRACT(MONTH FROM ${t.date})`),
    check("ck_calendar_quarter_of_date", sql`${t.quarter} = EXTRACT(QUARTER FROM ${t.date})`),
    check("ck_calendar_year_of_date", sql`${t.year} = EXTRACT(YEAR FROM ${t.date})`),
  ],
);
