import { firstDaySql, lastDaySql } from "../days.ts";
import type { Driver, FrameScope } from "./driver.ts";

/**
 * The list price as of the day: future. Windows become days, then each day finds its price by equality: 0.3 s for 5 M rows, where
 * an as-of join took 2 s. The windows of a scope do not overlap, so a day has one price of the store and one of the chain
 * at most, and the store's own beats the chain's.
 */
export function priceDriver({ spec, cutoff, recorded, ofStores, ofProducts }: FrameScope): Driver {
  const filled = spec.price_gaps === "forward_fill";
  return {
    name: "price",
    class: "future",
    stages: [
      {
        table: "price_window",
        columns: [
          { name: "product_id", type: "INTEGER" },
          { name: "store_id", type: "INTEGER" },
          { name: "price", type: "DOUBLE" },
          { name: "from_day", type: "INTEGER" },
          { name: "to_day", type: "INTEGER" },
        ],
        query: () => `
          SELECT product_id, store_id, nullif(price, 'NaN'), ${firstDaySql("valid_from")}, ${lastDaySql("valid_to")}
          FROM price_history
          WHERE ${recorded} AND ${ofProducts} AND (store_id IS NULL OR ${ofStores})`,
        day: null,
      },
    ],
    prepare: [],
    block: [
      `CREATE OR REPLACE TABLE price_of_chain AS
       WITH product AS (
         SELECT product_id, min(spine_from) AS from_day, max(spine_until) AS to_day
         FROM block_series
         GROUP BY product_id
       )
       SELECT
         product_id,
         unnest(range(
           greatest(price_window.from_day, product.from_day),
           least(price_window.to_day, product.to_day) + 1
         ))::INTEGER AS day,
         price
       FROM price_window
       JOIN product USING (product_id)
       WHERE store_id IS NULL`,
      `CREATE OR REPLACE TABLE price_of_store AS
       SELECT
         series.n,
         unnest(range(
           greatest(price_window.from_day, spine_from),
           least(price_window.to_day, spine_until) + 1
         ))::INTEGER AS day,
         price
       FROM price_window
       JOIN block_series AS series USING (store_id, product_id)`,
      ...(filled ? [lastPrices] : []),
    ],
    join: `
      LEFT JOIN price_of_chain
        ON price_of_chain.product_id = series.product_id AND price_of_chain.day = history.day
      LEFT JOIN price_of_store ON price_of_store.n = history.n AND price_of_store.day = history.day
      ${filled ? `ASOF LEFT JOIN last_price ON last_price.n = history.n AND last_price.day < history.day` : ""}`,
    columns: [
      {
        name: "list_price",
        type: "DOUBLE",
        sql: listPrice(filled, cutoff),
        description: `The list price of the day, the store's own before the chain's${
          filled ? "; in training, that of the last earlier day that had one where there is none" : ""
        }.`,
      },
      {
        name: "list_price_is_filled",
        type: "BOOLEAN",
        sql: filled
          ? `${plannedPrice} IS NULL AND history.day <= ${cutoff} AND last_price.price IS NOT NULL`
          : "false",
        description: "No price window holds the day: the price is that of an earlier day.",
      },
      {
        name: "relative_price",
        type: "DOUBLE",
        sql: `${listPrice(filled, cutoff)} / CASE WHEN series.base_price > 0 THEN series.base_price END`,
        description: "The list price divided by the product's base price.",
      },
    ],
  };
}

/** The price of the windows that hold the day. */
export const plannedPrice = "coalesce(price_of_store.price, price_of_chain.price)";

/** The list price of a row of a block; gaps of the future are never filled. */
export function listPrice(filled: boolean, cutoff: number): string {
  return filled
    ? `coalesce(${plannedPrice}, CASE WHEN history.day <= ${cutoff} THEN last_price.price END)`
    : plannedPrice;
}

/** The price on each day on which windows of a series with a price end: what a gap behind it goes on with. */
const lastPrices = `
  CREATE OR REPLACE TABLE last_price AS
  SELECT series.n, price_window.to_day AS day, arg_min(price, price_window.store_id IS NULL) AS price
  FROM price_window
  JOIN block_series AS series
    ON series.product_id = price_window.product_id
   AND (price_window.store_id IS NULL OR price_window.store_id = series.store_id)
  WHERE price IS NOT NULL
  GROUP BY series.n, price_window.to_day`;
