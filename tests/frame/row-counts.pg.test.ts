import { describe, expect, test } from "vitest";
import { query } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { Frames } from "./support/agreement.ts";
import type { Warehouse } from "./support/warehouse.ts";
import { dayAfter } from "./support/warehouses.ts";

/*
 * The specification joins prices and promotions to sales by their validity windows. If a store has a price of its own in addition to
 * the chain's, or two promotions overlap, a sale is returned several times. A frame has one row per series and day.
 */

/** "Full Feature Set for Forecasting (All Exogenous Signals)", as specified. */
const specifiedQuery = `
  SELECT
      s.date,
      st.code AS store_code,
      st.region,
      st.store_type,
      p.sku,
      p.category,
      p.brand,
      c.day_of_week,
      c.month,
      c.quarter,
      c.is_holiday,
      s.quantity,
      s.unit_price,
      s.total_amount,
      ph.price AS list_price,
      COALESCE(pr.discount_pct, 0) AS promo_discount_pct,
      CASE WHEN pr.id IS NOT NULL THEN 1 ELSE 0 END AS on_promotion,
      inv.on_hand_qty,
      inv.is_stockout::INT AS stockout_flag
  FROM sales_daily s
  -- Dimension joins
  JOIN store st ON s.store_id = st.id
  JOIN product p ON s.product_id = p.id
  JOIN calendar c ON s.date = c.date
  -- Exogenous signal joins
  LEFT JOIN price_history ph ON
      ph.product_id = s.product_id
      AND (ph.store_id IS NULL OR ph.store_id = s.store_id)
      AND s.date >= ph.valid_from
      AND (ph.valid_to IS NULL OR s.date <= ph.valid_to)
  LEFT JOIN promotion pr ON
      pr.product_id = s.product_id
      AND (pr.store_id IS NULL OR pr.store_id = s.store_id)
      AND s.date BETWEEN pr.start_date AND pr.end_date
  LEFT JOIN inventory_snapshot_daily inv ON
      inv.date = s.date
      AND inv.store_id = s.store_id
      AND inv.product_id = s.product_id
  WHERE s.date BETWEEN '2024-01-01' AND '2024-01-31'
  ORDER BY s.date, st.code, p.sku
`;

const days = Array.from({ length: 31 }, (_, day) => dayAfter("2024-01-01", day));
const grid = ["S1", "S2"].flatMap((store) => ["A", "B"].map((sku) => ({ store, sku })));

/** Two stores and two products sold on each day of January; S1 has its own price of A for a week, and two promotions overlap. */
const warehouse: Warehouse = {
  stores: [{ code: "S1" }, { code: "S2" }],
  products: [{ sku: "A", base_price: 3 }, { sku: "B" }],
  sales: days.flatMap((date) => grid.map((series) => ({ date, ...series, quantity: 2, amount: 5 }))),
  prices: [
    { sku: "A", store: null, price: 3, from: "2024-01-01", to: null },
    { sku: "A", store: "S1", price: 2.5, from: "2024-01-08", to: "2024-01-14" },
  ],
  promotions: [
    { sku: "B", store: null, name: "New year", pct: 0.1, amount: null, from: "2024-01-01", to: "2024-01-10" },
    { sku: "B", store: "S2", name: "Here", pct: 0.2, amount: null, from: "2024-01-06", to: "2024-02-10" },
    { sku: "A", store: null, name: "Winter", pct: 0.3, amount: null, from: "2024-01-14", to: "2024-02-05" },
  ],
  inventory: days.map((date) => ({ date, store: "S1", sku: "A", on_hand: 4, on_order: 0 })),
};

describe("when the specified query returns sales several times", async () => {
  const database = await freshDatabase();
  const frames = new Frames(database);

  test("the frame has one row per series and day, and no sale twice", async () => {
    const given = { warehouse, cutoff: "2024-01-31", horizon: 14, spec: undefined, knownAt: undefined };
    const { training, future } = await frames.agree(given);

    // A week of S1/A with two prices, five days of S2/B with two promotions.
    const specified = await query<{ quantity: number }>(database, specifiedQuery);
    const [sales] = await query<{ rows: number; units: number }>(
      database,
      "SELECT count(*)::int AS rows, sum(quantity)::int AS units FROM sales_daily",
    );
    expect(sales).toEqual({ rows: 4 * 31, units: 4 * 31 * 2 });
    expect(specified).toHaveLength(4 * 31 + 7 + 5);
    expect(specified.reduce((sum, { quantity }) => sum + quantity, 0)).toBeGreaterThan(4 * 31 * 2);

    const keys = (rows: typeof training.rows) =>
      new Set(rows.map(({ unique_id, ds }) => `${unique_id} ${ds}`));
    expect(training.rows).toHaveLength(4 * 31);
    expect(keys(training.rows).size).toBe(4 * 31);
    expect(training.rows.reduce((sum, { y }) => sum + Number(y), 0)).toBe(4 * 31 * 2);
    expect(future.rows).toHaveLength(4 * 14);
    expect(keys(future.rows).size).toBe(4 * 14);
  });
});
