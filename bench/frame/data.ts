import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fillCalendar, load, type TableName, upgrade, withClient } from "forecastlab";
import { withDuckDB } from "../duckdb.ts";
import type { Server } from "../server.ts";
import { dayAfter, firstDay, lastDayOf, type Shape, sku, storeCode } from "../shape.ts";
import { horizon } from "./bench.ts";

/** The database of the warehouse that all cases read. */
export const warehouse = "bench_frame";

/**
 * A warehouse with sales and inventory of every series and day, and with prices and promotions planned beyond the horizon. It is
 * the same in every run, filled by the project's own load, one table at a time, and vacuumed.
 */
export async function fillWarehouse(
  server: Server,
  shape: Shape,
  folder: string,
  signal: AbortSignal,
  log: (text: string) => void,
): Promise<void> {
  await server.clone(warehouse, "template0");
  const database = server.database(warehouse);
  await upgrade(database);
  const [from, to] = [firstDay, dayAfter(lastDayOf(shape), 366)];
  await fillCalendar(database, { from, to, region: { country: "US" } });
  for (const [table, sql] of rowsOf(shape)) {
    log(`loading ${table}`);
    const file = join(folder, `${table}.csv`);
    await withDuckDB(folder, (connection) =>
      connection.run(`COPY (${sql}) TO '${file}' (FORMAT csv, HEADER true)`),
    );
    const { published, rejected } = await load(database, {
      ...{ table, files: [file], signal },
      rejects: join(folder, `rejects-${table}.csv`),
    });
    if (!published) throw new Error(`${rejected} rows of ${table} were rejected`);
    await rm(file);
  }
  await withClient(database, (client) => client.query("VACUUM (ANALYZE)"), signal);
}

/** The rows of each table with natural keys, as SQL of DuckDB. Daily tables are in the order of days, stores and products. */
function rowsOf(shape: Shape): [TableName, string][] {
  const { rows, stores, products, days } = shape;
  const store = `(SELECT s, ${storeCode("s")} AS store_code FROM range(${stores}) AS r(s)) AS store`;
  const product = `(SELECT p, ${sku("p")} AS sku, ${basePrice} AS base_price FROM range(${products}) AS r(p)) AS product`;
  const storeDay = `
    (
      SELECT d, s, ${dateOf("d")} AS date, ${storeCode("s")} AS store_code
      FROM (SELECT i // ${stores} AS d, i % ${stores} AS s FROM range(${days * stores}) AS r(i))
    ) AS store_day`;
  const seriesDay = `
    (
      SELECT d, s, p, ${dateOf("d")} AS date, ${storeCode("s")} AS store_code, ${sku("p")} AS sku
      FROM (
        SELECT i // ${stores * products} AS d, i // ${products} % ${stores} AS s, i % ${products} AS p
        FROM range(${rows}) AS r(i)
      )
    ) AS series_day`;
  const starts = windowStarts(days);
  return [
    [
      "store",
      `
        SELECT
          store_code AS code,
          'Store ' || s + 1 AS name,
          'Region ' || s % 4 + 1 AS region,
          'City ' || s % 20 + 1 AS city,
          ['small', 'medium', 'large'][1 + s % 3] AS store_type
        FROM ${store}
      `,
    ],
    [
      "product",
      `
        SELECT
          sku,
          'Product ' || p + 1 AS name,
          'Category ' || p % 10 + 1 AS category,
          'Brand ' || p % 25 + 1 AS brand,
          base_price,
          (base_price * 0.6)::DECIMAL(10, 2) AS base_cost
        FROM ${product}
      `,
    ],
    [
      "sales_daily",
      `
        SELECT date, store_code, sku, quantity, unit_price, (quantity * unit_price)::DECIMAL(12, 2) AS total_amount
        FROM (
          SELECT *, (hash(d, s, p, 'quantity') % 20)::INTEGER AS quantity, ${basePrice} AS unit_price
          FROM ${seriesDay}
        )
      `,
    ],
    [
      "inventory_snapshot_daily",
      `
        SELECT
          date,
          store_code,
          sku,
          hash(d, s, p, 'on hand') % 40 AS on_hand_qty,
          hash(d, s, p, 'on order') % 5 * 12 AS on_order_qty
        FROM ${seriesDay}
      `,
    ],
    [
      "price_history",
      `
        -- Chain prices: a new one every 45 days.
        SELECT
          NULL AS store_code,
          sku,
          ${priceOf("hash(p, n, 'price')")} AS price,
          start AS valid_from,
          start + 44 AS valid_to
        FROM (
          SELECT n, p, sku, base_price, ${starts.at("n", 45, "hash(p)")} AS start
          FROM range(${starts.count(45)}) AS r(n), ${product}
        )
        UNION ALL
        -- Store prices, in a fifth of the series: 60 of every 90 days.
        SELECT store_code, sku, ${priceOf("hash(s, p, n, 'price')")}, start, start + 59
        FROM (
          SELECT n, s, p, store_code, sku, base_price, ${starts.at("n", 90, "hash(s, p)")} AS start
          FROM range(${starts.count(90)}) AS r(n), ${store}, ${product}
          WHERE hash(s, p, 'own price') % 5 = 0
        )
      `,
    ],
    [
      "promotion",
      `
        -- Chain promotions: 7 of every 30 days, a share of the price.
        SELECT
          NULL AS store_code,
          sku,
          'Week ' || n + 1 AS name,
          (0.05 * (1 + hash(p, n, 'share') % 8))::DECIMAL(5, 4) AS discount_pct,
          NULL::DECIMAL(10, 2) AS discount_amount,
          start AS start_date,
          start + 6 AS end_date
        FROM (
          SELECT n, p, sku, ${starts.at("n", 30, "hash(p, 'week')")} AS start
          FROM range(${starts.count(30)}) AS r(n), ${product}
        )
        UNION ALL
        -- Store promotions, in a quarter of the series: 10 of every 60 days, an amount.
        SELECT
          store_code, sku,
          'Own ' || n + 1,
          NULL,
          (0.1 * (1 + hash(s, p, n, 'amount') % 5))::DECIMAL(10, 2),
          start, start + 9
        FROM (
          SELECT n, s, p, store_code, sku, ${starts.at("n", 60, "hash(s, p, 'own')")} AS start
          FROM range(${starts.count(60)}) AS r(n), ${store}, ${product}
          WHERE hash(s, p, 'own promotion') % 4 = 0
        )
      `,
    ],
    [
      "traffic_daily",
      `
        SELECT date, store_code, 100 + hash(d, s, 'visitors') % 500 AS visitors
        FROM ${storeDay}
      `,
    ],
    [
      "weather_daily",
      `
        SELECT
          date, store_code,
          average AS temperature_avg_c,
          average - 4 AS temperature_min_c,
          average + 5 AS temperature_max_c,
          (hash(d, s, 'rain') % 200 / 10)::DECIMAL(7, 2) AS precipitation_mm,
          40 + hash(d, s, 'humidity') % 60 AS humidity_avg_pct,
          hash(d, s, 'wind') % 9 AS wind_beaufort
        FROM (
          SELECT *, (hash(d, s, 'temperature') % 300 / 10)::DECIMAL(5, 2) AS average
          FROM ${storeDay}
        )
      `,
    ],
  ];
}

const dateOf = (day: string) => `DATE '${firstDay}' + ${day}::INTEGER`;

const basePrice = "(1 + (hash(p, 'price') % 2000)::DECIMAL(10, 2) / 100)::DECIMAL(10, 2)";

/** Between 80 and 119 % of the base price. */
const priceOf = (hash: string) => `(base_price * (80 + ${hash} % 40) / 100)::DECIMAL(10, 2)`;

/** Windows that start every few days, on different days for each series, from before the first day to beyond the horizon. */
function windowStarts(days: number) {
  return {
    count: (every: number) => Math.ceil((days + horizon) / every) + 1,
    at: (number: string, every: number, hash: string) =>
      dateOf(`(${number} * ${every} - ${hash} % ${every})`),
  };
}
