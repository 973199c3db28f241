import { type Client, withTransaction } from "../../../src/database/connection.ts";

/* A small warehouse as plain data, and how it is written to the database. Stores and products are named by code and SKU. */

/** When the warehouse recorded the row. Default: long ago. */
interface Recorded {
  readonly created_at?: string;
}

export interface Warehouse {
  readonly stores: readonly {
    readonly code: string;
    readonly region?: string | null;
    readonly city?: string | null;
    readonly store_type?: string | null;
  }[];
  readonly products: readonly {
    readonly sku: string;
    readonly category?: string | null;
    readonly brand?: string | null;
    readonly base_price?: number | null;
    readonly base_cost?: number | null;
  }[];
  readonly holidays?: readonly { readonly date: string; readonly name: string | null }[];
  readonly sales: readonly (Recorded & {
    readonly date: string;
    readonly store: string;
    readonly sku: string;
    readonly quantity: number;
    readonly amount: number;
  })[];
  readonly prices?: readonly (Recorded & {
    readonly sku: string;
    /** Null for a price of the chain. */
    readonly store: string | null;
    readonly price: number;
    readonly from: string;
    readonly to: string | null;
  })[];
  readonly promotions?: readonly (Recorded & {
    readonly sku: string;
    readonly store: string | null;
    readonly name: string;
    readonly pct: number | null;
    readonly amount: number | null;
    readonly from: string;
    readonly to: string;
  })[];
  readonly inventory?: readonly (Recorded & {
    readonly date: string;
    readonly store: string;
    readonly sku: string;
    readonly on_hand: number;
    readonly on_order: number;
  })[];
  readonly traffic?: readonly (Recorded & {
    readonly date: string;
    readonly store: string;
    readonly visitors: number;
  })[];
  readonly weather?: readonly (Recorded & {
    readonly date: string;
    readonly store: string;
    readonly temperature?: number | null;
    readonly coldest?: number | null;
    readonly warmest?: number | null;
    readonly rain?: number | null;
    readonly humidity?: number | null;
    readonly wind?: number | null;
  })[];
}

/** Replaces everything in the database except the days of the calendar, which are inserted once. */
export async function fillWarehouse(client: Client, warehouse: Warehouse): Promise<void> {
  await withTransaction(client, async () => {
    await client.query(empty);
    await client.query(insertDays);
    await client.query(markHolidays, [JSON.stringify(warehouse.holidays ?? [])]);
    for (const [rows, insert] of Object.entries(inserts)) {
      await client.query(insert, [JSON.stringify(warehouse[rows as keyof typeof inserts] ?? [])]);
    }
  });
}

/** Much faster than TRUNCATE for a few hundred rows, because TRUNCATE creates every file and index again. */
const empty = `
  DELETE FROM sales_daily;
  DELETE FROM price_history;
  DELETE FROM promotion;
  DELETE FROM inventory_snapshot_daily;
  DELETE FROM traffic_daily;
  DELETE FROM weather_daily;
  DELETE FROM product;
  DELETE FROM store;
`;

const insertDays = `
  INSERT INTO calendar (date, day_of_week, month, quarter, year)
  SELECT
    day,
    EXTRACT(ISODOW FROM day) - 1,
    EXTRACT(MONTH FROM day),
    EXTRACT(QUARTER FROM day),
    EXTRACT(YEAR FROM day)
  FROM generate_series(timestamp '2022-10-01', '2028-12-31', '1 day') AS day
  WHERE NOT EXISTS (SELECT FROM calendar)
`;

const markHolidays = `
  UPDATE calendar SET is_holiday = holiday.date IS NOT NULL, holiday_name = holiday.name
  FROM calendar AS old
  LEFT JOIN jsonb_to_recordset($1) AS holiday (date date, name text) USING (date)
  WHERE old.date = calendar.date AND (old.is_holiday OR holiday.date IS NOT NULL)
`;

const inserts = {
  stores: `
    INSERT INTO store (code, name, region, city, store_type)
    SELECT code, 'Store ' || code, region, city, store_type
    FROM jsonb_to_recordset($1) AS given (code text, region text, city text, store_type text)`,
  products: `
    INSERT INTO product (sku, name, category, brand, base_price, base_cost)
    SELECT sku, 'Product ' || sku, category, brand, base_price, base_cost
    FROM jsonb_to_recordset($1)
      AS given (sku text, category text, brand text, base_price numeric, base_cost numeric)`,
  sales: `
    INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount, created_at)
    SELECT
      date, store.id, product.id, quantity, round(amount / greatest(quantity, 1), 2), amount,
      COALESCE(given.created_at, '2001-01-01Z')
    FROM jsonb_to_recordset($1)
      AS given (date date, store text, sku text, quantity int, amount numeric, created_at timestamptz)
    JOIN store ON store.code = given.store
    JOIN product USING (sku)`,
  prices: `
    INSERT INTO price_history (product_id, store_id, price, valid_from, valid_to, created_at)
    SELECT product.id, store.id, price, "from", "to", COALESCE(given.created_at, '2001-01-01Z')
    FROM jsonb_to_recordset($1)
      AS given (sku text, store text, price numeric, "from" date, "to" date, created_at timestamptz)
    JOIN product USING (sku)
    LEFT JOIN store ON store.code = given.store`,
  promotions: `
    INSERT INTO promotion
      (product_id, store_id, name, discount_pct, discount_amount, start_date, end_date, created_at)
    SELECT
      product.id, store.id, given.name, pct, amount, "from", "to", COALESCE(given.created_at, '2001-01-01Z')
    FROM jsonb_to_recordset($1) AS given (
      sku text, store text, name text, pct numeric, amount numeric, "from" date, "to" date, created_at timestamptz
    )
    JOIN product USING (sku)
    LEFT JOIN store ON store.code = given.store`,
  inventory: `
    INSERT INTO inventory_snapshot_daily (date, store_id, product_id, on_hand_qty, on_order_qty, created_at)
    SELECT date, store.id, product.id, on_hand, on_order, COALESCE(given.created_at, '2001-01-01Z')
    FROM jsonb_to_recordset($1)
      AS given (date date, store text, sku text, on_hand int, on_order int, created_at timestamptz)
    JOIN store ON store.code = given.store
    JOIN product USING (sku)`,
  traffic: `
    INSERT INTO traffic_daily (date, store_id, visitors, created_at)
    SELECT date, store.id, visitors, COALESCE(given.created_at, '2001-01-01Z')
    FROM jsonb_to_recordset($1) AS given (date date, store text, visitors int, created_at timestamptz)
    JOIN store ON store.code = given.store`,
  weather: `
    INSERT INTO weather_daily (
      date, store_id, temperature_avg_c, temperature_min_c, temperature_max_c, precipitation_mm,
      humidity_avg_pct, wind_beaufort, created_at
    )
    SELECT
      date, store.id, temperature, coldest, warmest, rain, humidity, wind, COALESCE(given.created_at, '2001-01-01Z')
    FROM jsonb_to_recordset($1) AS given (
      date date, store text, temperature numeric, coldest numeric, warmest numeric, rain numeric,
      humidity numeric, wind numeric, created_at timestamptz
    )
    JOIN store ON store.code = given.store`,
};
