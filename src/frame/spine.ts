import { quoteLiteral } from "../database/identifiers.ts";
import { daySql } from "./days.ts";
import { dimensionStages } from "./drivers/attributes.ts";
import type { FrameScope } from "./drivers/driver.ts";
import { inventoryFeatures, inventoryMeasures } from "./drivers/inventory.ts";
import { stagedDays, upTo, visitors } from "./drivers/stores-history.ts";
import { type Feature, featuresOf, type Measure, reachOf } from "./history/features.ts";
import { historySql } from "./history/sql.ts";
import type { Staged } from "./source/source.ts";
import type { FrameSpec } from "./specification/index.ts";

/* The spine: which series there are, and their days, complete. */

/** What every frame reads, whatever its drivers. Facts after the cutoff stay in the warehouse. */
export function spineStages(scope: FrameScope): Staged[] {
  const { spec, cutoff, recorded, ofStores, ofProducts } = scope;
  const known = `${upTo(cutoff)} AND ${recorded} AND ${ofStores}`;
  const amount = spec.target === "total_amount";
  return [
    ...dimensionStages(scope),
    {
      table: "sales",
      columns: [
        { name: "day", type: "INTEGER" },
        { name: "store_id", type: "INTEGER" },
        { name: "product_id", type: "INTEGER" },
        { name: "quantity", type: "INTEGER" },
        ...(amount ? [{ name: "amount", type: "BIGINT" as const }] : []),
      ],
      query: (between) => `
        SELECT ${daySql("date")}, store_id, product_id, quantity${
          amount ? ", (nullif(total_amount, 'NaN') * 100)::bigint" : ""
        }
        FROM sales_daily
        WHERE ${known} AND ${ofProducts} AND ${between}`,
      day: "date",
    },
    {
      table: "inventory",
      columns: [
        { name: "day", type: "INTEGER" },
        { name: "store_id", type: "INTEGER" },
        { name: "product_id", type: "INTEGER" },
        { name: "on_hand_qty", type: "INTEGER" },
        { name: "on_order_qty", type: "INTEGER" },
      ],
      query: (between) => `
        SELECT ${daySql("date")}, store_id, product_id, on_hand_qty, on_order_qty
        FROM inventory_snapshot_daily
        WHERE ${known} AND ${ofProducts} AND ${between}`,
      day: "date",
    },
    stagedDays(scope, "traffic", "traffic_daily", [visitors]),
    ...(ofProducts === "true" ? [] : [soldSomething(known)]),
  ];
}

/** Whether a store was closed is asked of all its products, also those that are not wanted. */
function soldSomething(known: string): Staged {
  return {
    table: "sold",
    columns: [
      { name: "day", type: "INTEGER" },
      { name: "store_id", type: "INTEGER" },
    ],
    query: () => `
      SELECT DISTINCT ${daySql("date")}, store_id FROM sales_daily WHERE ${known} AND quantity > 0`,
    day: null,
  };
}

/** A target's measure: units, or the amount in hundredths. */
export function targetOf({ target }: FrameSpec): Measure {
  return target === "quantity"
    ? { name: "y", scale: 1, what: "units sold on the day" }
    : { name: "y", scale: 100, what: "amount sold on the day" };
}

export function targetFeatures({ spec }: Pick<FrameScope, "spec">): Feature[] {
  return featuresOf(targetOf(spec), spec, spec.weekday_windows);
}

/**
 * SQL that makes, of what was staged: `series` (grain: a store and product that were sold, numbered in the order of the frame),
 * `sales_of_series` and `inventory_of_series` (in the order of blocks), `open_day` (store and day).
 */
export function seriesSql(scope: FrameScope): string[] {
  const { spec, cutoff, horizon } = scope;
  const { after_days, policy } = spec.ended;
  const ended = after_days === null ? "false" : `${cutoff} - last_sale_day > ${after_days}`;
  const reach = Math.max(0, ...inventoryFeatures(scope).map(reachOf));
  const y = spec.target === "quantity" ? "quantity" : "amount";
  return [
    `CREATE TABLE open_day AS
     SELECT DISTINCT store_id, day
     FROM (
       ${scope.ofProducts === "true" ? "SELECT store_id, day FROM sales WHERE quantity > 0" : "SELECT store_id, day FROM sold"}
       UNION ALL
       SELECT store_id, day FROM traffic WHERE visitors > 0
     )`,
    `CREATE TABLE series AS
     WITH sold AS (
       SELECT store_id, product_id, min(day) AS first_day, max(day) AS last_sale_day
       FROM sales
       WHERE quantity > 0
       GROUP BY store_id, product_id
     ), named AS (
       SELECT store_code || ${quoteLiteral(spec.series.separator)} || sku AS unique_id, *, ${ended} AS has_ended
       FROM sold
       JOIN store USING (store_id)
       JOIN product USING (product_id)
     )
     SELECT
       (row_number() OVER (ORDER BY unique_id, store_id, product_id) - 1)::INTEGER AS n,
       *,
       first_day - ${reach} AS spine_from,
       ${policy === "trim" ? `CASE WHEN has_ended THEN last_sale_day ELSE ${cutoff + horizon} END` : cutoff + horizon} AS spine_until
     FROM named
     ${policy === "drop" ? "WHERE NOT has_ended" : ""}
     ORDER BY n`,
    `CREATE TABLE sales_of_series AS
     SELECT n, day, ${y} AS y FROM sales JOIN series USING (store_id, product_id) ORDER BY n, day`,
    `CREATE TABLE inventory_of_series AS
     SELECT n, day, on_hand_qty, on_order_qty
     FROM inventory
     JOIN series USING (store_id, product_id)
     ORDER BY n, day`,
    "DROP TABLE inventory",
  ];
}

/**
 * SQL that makes `history` of the series of a block: a row for every day from the first sale on, with the day's own target and
 * masks and the features of earlier days. Days after the cutoff have features only.
 */
export function historyOfBlock(scope: FrameScope): string {
  const { spec, cutoff } = scope;
  const features = [
    ...targetFeatures(scope),
    ...(spec.drivers.includes("inventory") ? inventoryFeatures(scope) : []),
  ];
  const history = historySql(features, "n", cutoff, observedOf(scope));
  const used = inventoryMeasures.map(({ name }) => name);
  return `
    CREATE OR REPLACE TABLE history AS
    WITH spine AS (
      SELECT n, first_day, unnest(range(spine_from, spine_until + 1))::INTEGER AS day FROM block_series
    ), daily AS (
      SELECT
        spine.n,
        spine.day,
        spine.first_day,
        CASE
          WHEN spine.day BETWEEN spine.first_day AND ${cutoff} THEN ${spec.fill === "zero" ? "CASE WHEN sales.n IS NULL THEN 0 ELSE sales.y END" : "sales.y"}
        END::BIGINT AS y,
        sales.n IS NULL AS is_imputed,
        inventory.on_hand_qty::BIGINT AS on_hand_qty,
        inventory.on_order_qty::BIGINT AS on_order_qty,
        (inventory.on_hand_qty = 0)::BIGINT AS is_stockout
      FROM spine
      LEFT JOIN block_sales AS sales ON sales.n = spine.n AND sales.day = spine.day
      LEFT JOIN block_inventory AS inventory ON inventory.n = spine.n AND inventory.day = spine.day
    ), aggregated AS (
      SELECT
        ${["n", "day", "first_day", "y", "is_imputed", ...used, ...history.raw].join(",\n        ")}
      FROM daily
      ${history.windows}
    )
    SELECT
      ${[
        "n",
        "day",
        "y",
        "is_imputed",
        "coalesce(is_stockout = 1, false) AS is_stockout",
        ...history.features,
      ].join(",\n      ")}
    FROM aggregated
    WHERE day >= first_day`;
}

/** With zeros filled in, every day from the first sale to the cutoff has a value: no need to count them. */
function observedOf({ spec, cutoff }: FrameScope) {
  return ({ name }: Measure, lag: number, length: number): string | undefined => {
    if (name !== "y" || spec.fill !== "zero" || spec.target !== "quantity") return undefined;
    return `greatest(0, least(day - ${lag}, ${cutoff}) - greatest(day - ${lag + length - 1}, first_day) + 1)`;
  };
}
