import { firstDaySql, lastDaySql } from "../days.ts";
import { blockSeries, engineTable } from "../engine-tables.ts";
import type { Grain } from "../grain.ts";
import type { FrameScope } from "../scope.ts";
import type { FactTable } from "../source/warehouse-table.ts";
import type { Driver } from "./driver.ts";
import { changed, pairs } from "./perturbation-sql.ts";

const priceHistory: FactTable = {
  name: "price_history",
  day: "valid_from",
  perturbation: {
    kind: "plans",
    changes: "prices",
    statements: [
      `DELETE FROM price_history WHERE valid_from > $1::date AND (product_id + coalesce(store_id, 0)) % 3 = 0`,
      `UPDATE price_history SET price = ${changed("price")} WHERE valid_from > $1::date`,
      // Earlier ends only: a later end could overlap the next window.
      `UPDATE price_history SET valid_to = $1::date + 1
       WHERE valid_from <= $1::date AND coalesce(valid_to, 'infinity') > $1::date`,
      `INSERT INTO price_history (product_id, store_id, price, valid_from, valid_to, created_at, updated_at)
       SELECT product_id, store_id, 449, $1::date + 2, NULL, '1970-01-01', '1970-01-01'
       FROM (${pairs}) AS pair
       WHERE NOT EXISTS (
         SELECT FROM price_history AS known
         WHERE known.store_id = pair.store_id AND known.product_id = pair.product_id
           AND coalesce(known.valid_to, 'infinity') >= $1::date + 2
       )`,
    ],
  },
};

const priceWindow = engineTable({
  name: "price_window",
  kind: "table",
  grain: "one row per validity window of a product's price, of one store or, without a store, of the chain",
  columns: {
    product_id: "INTEGER",
    store_id: "INTEGER",
    price: "DOUBLE",
    from_day: "INTEGER",
    to_day: "INTEGER",
  },
  madeBy: "stageTables",
  readBy: "price_of_chain, price_of_store, last_price",
  droppedBy: null,
});

const priceOfChain = engineTable({
  name: "price_of_chain",
  kind: "table",
  grain: "one row per product of the block and day with a price of the chain",
  columns: { product_id: "INTEGER", day: "INTEGER", price: "DOUBLE" },
  madeBy: "the driver price, for each block",
  readBy: "the rows of the frame, planned_price",
  droppedBy: null,
});

const priceOfStore = engineTable({
  name: "price_of_store",
  kind: "table",
  grain: "one row per series of the block and day with a price of the store",
  columns: { n: "INTEGER", day: "INTEGER", price: "DOUBLE" },
  madeBy: "the driver price, for each block",
  readBy: "the rows of the frame",
  droppedBy: null,
});

const priceOfPeriod = engineTable({
  name: "planned_price",
  kind: "table",
  grain:
    "one row per series of the block and period with a price, the mean of its days: unless a period is a day",
  columns: { n: "INTEGER", period: "INTEGER", price: "DOUBLE" },
  madeBy: "the driver price, for each block",
  readBy: "the rows of the frame",
  droppedBy: null,
});

const lastPrice = engineTable({
  name: "last_price",
  kind: "table",
  grain:
    "one row per series of the block and period in which a window ends, with its price: if gaps are filled",
  columns: { n: "INTEGER", period: "INTEGER", price: "DOUBLE" },
  madeBy: "the driver price, for each block",
  readBy: "the rows of the frame",
  droppedBy: null,
});

/**
 * The list price as of the day: future. Windows are expanded to days, and each day finds its price by equality: 0.3 s for 5 M rows,
 * while an as-of join took 2 s. The windows of a scope do not overlap, so a day has at most one price of the store and one of the
 * chain. The store's own price takes precedence.
 */
export const price: Driver = {
  name: "price",
  class: "future",
  reads: [priceHistory],
  engineTables: [priceWindow, priceOfChain, priceOfStore, priceOfPeriod, lastPrice],
  plan: (scope) => {
    const { spec, grain, recorded, ofStores, ofProducts } = scope;
    const { freq } = grain;
    const filled = spec.price_gaps === "forward_fill";
    const [from, to] = [grain.sql.firstDay("spine_from"), grain.sql.firstDay("spine_until + 1")];
    const planned = plannedPrice(scope);
    return {
      staging: [
        {
          table: priceWindow,
          query: () => `
            SELECT product_id, store_id, nullif(price, 'NaN'), ${firstDaySql("valid_from")}, ${lastDaySql("valid_to")}
            FROM price_history
            WHERE ${recorded} AND ${ofProducts} AND (store_id IS NULL OR ${ofStores})`,
          day: null,
        },
      ],
      block: [
        `CREATE OR REPLACE TABLE ${priceOfChain} AS
         WITH product AS (
           SELECT product_id, min(${from}) AS from_day, max(${to}) - 1 AS to_day
           FROM ${blockSeries}
           GROUP BY product_id
         )
         SELECT
           product_id,
           unnest(range(
             greatest(price_window.from_day, product.from_day),
             least(price_window.to_day, product.to_day) + 1
           ))::INTEGER AS day,
           price
         FROM ${priceWindow}
         JOIN product USING (product_id)
         WHERE store_id IS NULL`,
        `CREATE OR REPLACE TABLE ${priceOfStore} AS
         SELECT
           series.n,
           unnest(range(
             greatest(price_window.from_day, ${from}),
             least(price_window.to_day + 1, ${to})
           ))::INTEGER AS day,
           price
         FROM ${priceWindow}
         JOIN ${blockSeries} AS series USING (store_id, product_id)`,
        ...(freq === "day" ? [] : [pricesOfPeriods(grain)]),
        ...(filled ? [lastPrices(grain)] : []),
      ],
      join: `
      ${
        freq === "day"
          ? `LEFT JOIN ${priceOfChain}
        ON price_of_chain.product_id = series.product_id AND price_of_chain.day = history.period
      LEFT JOIN ${priceOfStore} ON price_of_store.n = history.n AND price_of_store.day = history.period`
          : `LEFT JOIN ${priceOfPeriod} ON planned_price.n = history.n AND planned_price.period = history.period`
      }
      ${filled ? `ASOF LEFT JOIN ${lastPrice} ON last_price.n = history.n AND last_price.period < history.period` : ""}`,
      columns: [
        {
          name: "list_price",
          type: "DOUBLE",
          sql: listPrice(scope),
          sqlInFuture: planned,
          description: `${
            freq === "day" ? "The list price of the day" : `The mean of the ${freq}'s daily list prices`
          }; the store's own takes precedence over the chain's${
            filled ? `. A training ${freq} without one has that of the last earlier day that had one` : ""
          }.`,
        },
        {
          name: "list_price_is_filled",
          type: "BOOLEAN",
          sql: filled ? `${planned} IS NULL AND last_price.price IS NOT NULL` : "false",
          sqlInFuture: "false",
          description: `No price window contains a day of the ${freq}: the price is that of an earlier day.`,
        },
        {
          name: "relative_price",
          type: "DOUBLE",
          sql: relativeTo(listPrice(scope)),
          sqlInFuture: relativeTo(planned),
          description: "The list price divided by the product's base price.",
        },
      ],
    };
  },
};

const relativeTo = (price: string) => `${price} / CASE WHEN series.base_price > 0 THEN series.base_price END`;

/** The price whose validity window contains the day; of a longer period, the mean over its days. */
export function plannedPrice({ grain }: Pick<FrameScope, "grain">): string {
  return grain.freq === "day"
    ? "coalesce(price_of_store.price, price_of_chain.price)"
    : "planned_price.price";
}

/** The list price of a training row of a block. Gaps in the future are never filled. */
export function listPrice(scope: Pick<FrameScope, "spec" | "grain">): string {
  const planned = plannedPrice(scope);
  return scope.spec.price_gaps === "forward_fill" ? `coalesce(${planned}, last_price.price)` : planned;
}

const pricesOfPeriods = ({ sql }: Grain) => `
  CREATE OR REPLACE TABLE ${priceOfPeriod} AS
  SELECT spine.n, ${sql.periodOf("spine.day")} AS period, avg(coalesce(price_of_store.price, price_of_chain.price)) AS price
  FROM (
    SELECT n, product_id, unnest(range(${sql.firstDay("first_period")}, ${sql.firstDay("spine_until + 1")}))::INTEGER AS day
    FROM ${blockSeries}
  ) AS spine
  LEFT JOIN ${priceOfChain} ON price_of_chain.product_id = spine.product_id AND price_of_chain.day = spine.day
  LEFT JOIN ${priceOfStore} ON price_of_store.n = spine.n AND price_of_store.day = spine.day
  GROUP BY ALL
  HAVING count(coalesce(price_of_store.price, price_of_chain.price)) > 0`;

/** The price in each period in which a window of a series ends, which fills the gap after it. */
const lastPrices = ({ sql }: Grain) => `
  CREATE OR REPLACE TABLE ${lastPrice} AS
  SELECT
    series.n,
    ${sql.periodOf("price_window.to_day")} AS period,
    arg_max(price, (price_window.to_day, price_window.store_id IS NOT NULL)) AS price
  FROM ${priceWindow}
  JOIN ${blockSeries} AS series
    ON series.product_id = price_window.product_id
   AND (price_window.store_id IS NULL OR price_window.store_id = series.store_id)
  WHERE price IS NOT NULL
  GROUP BY ALL`;
