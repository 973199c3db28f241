import { firstDaySql, lastDaySql } from "../days.ts";
import type { Driver, DriverColumn, FrameScope } from "./driver.ts";
import { listPrice } from "./price.ts";

/** Planned promotions of the day, the store's and the chain's, brought down to one row a series and day: future. */
export function promotionDriver({ spec, cutoff, recorded, ofStores, ofProducts }: FrameScope): Driver {
  return {
    name: "promotion",
    class: "future",
    stages: [
      {
        table: "promotion",
        columns: [
          { name: "product_id", type: "INTEGER" },
          { name: "store_id", type: "INTEGER" },
          { name: "discount_pct", type: "DOUBLE" },
          { name: "discount_amount", type: "DOUBLE" },
          { name: "start_day", type: "INTEGER" },
          { name: "end_day", type: "INTEGER" },
        ],
        query: () => `
          SELECT
            product_id, store_id, nullif(discount_pct, 'NaN'), nullif(discount_amount, 'NaN'),
            ${firstDaySql("start_date")}, ${lastDaySql("end_date")}
          FROM promotion
          WHERE ${recorded} AND ${ofProducts} AND (store_id IS NULL OR ${ofStores})`,
        day: null,
      },
    ],
    prepare: [],
    block: [
      `CREATE OR REPLACE TABLE promotion_day AS
       WITH held AS (
         SELECT
           series.n,
           unnest(range(greatest(start_day, spine_from), least(end_day, spine_until) + 1))::INTEGER AS day,
           discount_pct, discount_amount, start_day, end_day
         FROM promotion
         JOIN block_series AS series
           ON series.product_id = promotion.product_id
          AND (promotion.store_id IS NULL OR promotion.store_id = series.store_id)
       )
       SELECT
         n,
         day,
         count(*) AS promotions,
         coalesce(max(discount_pct), 0) AS discount_pct,
         coalesce(max(discount_amount), 0) AS discount_amount,
         day - min(start_day) AS days_since_start,
         max(end_day) - day AS days_to_end
       FROM held
       GROUP BY n, day`,
    ],
    join: "LEFT JOIN promotion_day ON promotion_day.n = history.n AND promotion_day.day = history.day",
    columns: [
      ...columns,
      ...(spec.drivers.includes("price") ? [discountDepth(spec.price_gaps === "forward_fill", cutoff)] : []),
    ],
  };
}

const columns: readonly DriverColumn[] = [
  {
    name: "on_promotion",
    type: "BOOLEAN",
    sql: "promotion_day.n IS NOT NULL",
    description: "The product is on promotion, in the store or in the whole chain.",
  },
  {
    name: "promo_count",
    type: "INTEGER",
    sql: "coalesce(promotion_day.promotions, 0)",
    description: "Promotions of the day.",
  },
  {
    name: "promo_discount_pct",
    type: "DOUBLE",
    sql: "coalesce(promotion_day.discount_pct, 0)",
    description: "Deepest share off the price: 0.15 is 15 % off; 0 without one.",
  },
  {
    name: "promo_discount_amount",
    type: "DOUBLE",
    sql: "coalesce(promotion_day.discount_amount, 0)",
    description: "Largest amount off the price of a unit; 0 without one.",
  },
  {
    name: "promo_days_since_start",
    type: "INTEGER",
    sql: "promotion_day.days_since_start",
    description: "Days since the earliest start of the day's promotions; NULL without any.",
  },
  {
    name: "promo_days_to_end",
    type: "INTEGER",
    sql: "promotion_day.days_to_end",
    looksAhead: true,
    description: "Days to the latest end of the day's promotions; NULL without any.",
  },
];

/** The same price as the price driver gives, filled in or not. */
function discountDepth(filled: boolean, cutoff: number): DriverColumn {
  const price = listPrice(filled, cutoff);
  const amount = "coalesce(promotion_day.discount_amount, 0)";
  return {
    name: "discount_depth",
    type: "DOUBLE",
    sql: `CASE
      WHEN ${amount} = 0 THEN coalesce(promotion_day.discount_pct, 0)
      WHEN ${price} > 0 THEN least(1, greatest(promotion_day.discount_pct, ${amount} / ${price}))
    END`,
    description: "Share off the list price: the larger of the percentage and the amount, at most 1.",
  };
}
