import type { Client } from "../../../src/database/connection.ts";
import { quoteIdentifier } from "../../../src/database/identifiers.ts";
import { rowsOf } from "../../support/warehouse.ts";
import type { OracleRequest } from "./oracle.ts";
import { type Periods, periodsOf } from "./oracle-periods.ts";

/* The rows of both frames, and the known facts, as temporary tables of the transaction. */

/**
 * Makes `known_…`, `series`, `spine` (the periods that lags refer to) and `frame_row`.
 *
 * @returns whether there is a frame
 */
export async function makeFrameRows(client: Client, request: OracleRequest): Promise<boolean> {
  const { cutoff, horizon, spec, knownAt } = request;
  const periods = periodsOf(spec);
  await client.query("SET LOCAL jit = off");
  await client.query(
    `CREATE TEMP TABLE request ON COMMIT DROP AS
     SELECT
       $1::date AS cutoff,
       ${periods.lastComplete("$1::date")} AS last_period,
       ${periods.lastDay(periods.lastComplete("$1::date"))} AS known_until,
       $2::int AS horizon,
       COALESCE($3::timestamptz, 'infinity') AS known_at,
       $4::text AS separator,
       $5::text AS target,
       $6::text AS fill,
       $7::text AS closed_days,
       $8::int AS ended_after_days,
       $9::text AS ended_policy`,
    [
      ...[cutoff, horizon, endOf(knownAt), spec.series.separator, spec.target, spec.fill],
      ...[spec.closed_days, spec.ended.after_days, spec.ended.policy],
    ],
  );
  const attributes = Object.entries({
    ...prefixed("store", spec.series.store),
    ...prefixed("product", spec.series.product),
  });
  const chosen = attributes.map(([attribute], index) => `AND ${attribute} = ANY ($${index + 1}::text[])`);
  const values = attributes.map(([, values]) => values);
  await client.query(recordedSale);
  await client.query(extent(periods, spec.freq === "day"));
  await client.query(leftOut);
  for (const statement of knownFacts(periods)) await client.query(statement);
  await client.query(series(periods, chosen.join("\n")), values);
  const index = "CREATE INDEX ON spine (store_id, product_id, ds)";
  for (const statement of [spine(periods), index, frameRow(periods)]) await client.query(statement);
  const [frame] = await rowsOf<{ yes: boolean }>(client, isFrame(periods));
  return frame?.yes ?? false;
}

/** A day is known up to its end in UTC. */
function endOf(knownAt: string | undefined): string | undefined {
  return knownAt?.length === 10 ? `${knownAt}T23:59:59.999999Z` : knownAt;
}

const prefixed = (table: string, attributes: Readonly<Record<string, readonly string[] | undefined>>) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, values]) => [`${table}.${quoteIdentifier(name)}`, values]),
  );

/** All sales that were known, after the cutoff too: the extent of the warehouse. */
const recordedSale = `
  CREATE TEMP TABLE recorded_sale ON COMMIT DROP AS
  SELECT sales_daily.* FROM sales_daily, request
  WHERE created_at <= known_at
`;

/** Whether the sales of a period are on one day, or there are none. */
const onOneDay = (periods: Periods, period: string) =>
  `2 > (SELECT count(DISTINCT date) FROM recorded_sale WHERE ${periods.of("date")} = ${period})`;

/**
 * `extent`: the days and periods in which sales begin and end, and whether those of the first and the last two periods are sums of
 * periods: on one day each. A warehouse with sales in a single period does not show whether they are.
 */
const extent = (periods: Periods, daily: boolean) => `
  CREATE TEMP TABLE extent ON COMMIT DROP AS
  SELECT
    *,
    ${!daily} AND first_period < last_period
      AND ${onOneDay(periods, "first_period")}
      AND ${onOneDay(periods, periods.after("first_period", "1"))} AS begins_with_sums,
    ${!daily} AND first_period < last_period
      AND ${onOneDay(periods, periods.after("last_period", "-1"))}
      AND ${onOneDay(periods, "last_period")} AS ends_with_sums
  FROM (
    SELECT
      min(date) AS first_day,
      max(date) AS last_day,
      ${periods.of("min(date)")} AS first_period,
      ${periods.of("max(date)")} AS last_period
    FROM recorded_sale
  ) AS sold
`;

/** The first period, if the sales of the warehouse begin within it. */
const leftOut = `
  CREATE TEMP TABLE left_out ON COMMIT DROP AS
  SELECT first_period AS period FROM extent WHERE first_day > first_period AND NOT begins_with_sums
`;

/** Whether there is a frame. */
const isFrame = (periods: Periods) => `
  SELECT COALESCE(
    request.cutoff BETWEEN extent.first_day
      AND CASE WHEN extent.ends_with_sums THEN ${periods.lastDay("extent.last_period")} ELSE extent.last_day END
    AND EXISTS (SELECT FROM series)
    AND request.last_period >= CASE
      WHEN extent.first_day > extent.first_period THEN ${periods.after("extent.first_period", "1")}
      ELSE extent.first_period
    END,
    false
  ) AS yes
  FROM request, extent
`;

/** Facts of the periods of the frame only; plans may begin after them. Each table has the `period` of its rows. */
function knownFacts(periods: Periods): string[] {
  const facts = (name: string, table: string, key: string) => [
    `CREATE TEMP TABLE ${name} ON COMMIT DROP AS
     SELECT fact.*, ${periods.of("fact.date")} AS period
     FROM ${table} AS fact, request
     WHERE created_at <= known_at
       AND date <= known_until
       AND ${periods.of("fact.date")} NOT IN (SELECT period FROM left_out)`,
    `CREATE INDEX ON ${name} (${key}, date)`,
    `CREATE INDEX ON ${name} (${key}, period)`,
  ];
  return [
    ...facts("known_sale", "sales_daily", "store_id, product_id"),
    ...facts("known_inventory", "inventory_snapshot_daily", "store_id, product_id"),
    ...facts("known_traffic", "traffic_daily", "store_id"),
    ...facts("known_weather", "weather_daily", "store_id"),
    `CREATE TEMP TABLE known_price ON COMMIT DROP AS
     SELECT price_history.* FROM price_history, request
     WHERE created_at <= known_at`,
    `CREATE TEMP TABLE known_promotion ON COMMIT DROP AS
     SELECT promotion.* FROM promotion, request
     WHERE created_at <= known_at`,
  ];
}

/**
 * Stores and products with a quantity above 0 on any day. Those that were sold in the period that is left out begin with the next
 * one.
 */
const series = (periods: Periods, chosen: string) => `
  CREATE TEMP TABLE series ON COMMIT DROP AS
  SELECT
    store.code || request.separator || product.sku AS unique_id,
    store.id AS store_id,
    product.id AS product_id,
    GREATEST(
      ${periods.of("sold.first_sale")}, (SELECT ${periods.after("period", "1")} FROM left_out)
    ) AS first_period,
    ${periods.of("sold.last_sale")} AS last_sold_period,
    sold.first_sale,
    sold.last_sale,
    COALESCE(request.known_until - sold.last_sale > request.ended_after_days, false) AS ended
  FROM request
  CROSS JOIN store
  CROSS JOIN product
  CROSS JOIN LATERAL (
    SELECT min(date) AS first_sale, max(date) AS last_sale
    FROM recorded_sale
    WHERE recorded_sale.store_id = store.id
      AND recorded_sale.product_id = product.id
      AND recorded_sale.quantity > 0
      AND recorded_sale.date <= request.known_until
  ) AS sold
  WHERE sold.first_sale IS NOT NULL ${chosen}
`;

/**
 * Every period of every series from its first sale to the last complete one. `demand` is the share of the snapshots that have
 * something left, `open` that of the days on which the store was open.
 */
const spine = (periods: Periods) => `
  CREATE TEMP TABLE spine ON COMMIT DROP AS
  SELECT
    series.unique_id,
    series.store_id,
    series.product_id,
    begins::date AS ds,
    CASE
      WHEN sale.days > 0 THEN sale.y
      WHEN request.fill = 'zero' THEN 0
    END AS y,
    sale.days = 0 AS is_imputed,
    snapshot.empty > 0 AS is_stockout,
    store.open = 0 AS is_store_closed,
    CASE WHEN snapshot.days > 0 THEN 1 - snapshot.empty::float8 / snapshot.days ELSE 1 END AS demand,
    store.open::float8 / store.days AS open
  FROM request
  CROSS JOIN series
  CROSS JOIN LATERAL generate_series(
    series.first_period::timestamp, request.last_period, '${periods.step}'
  ) AS begins
  CROSS JOIN LATERAL (
    SELECT
      count(*) AS days,
      sum(CASE request.target WHEN 'quantity' THEN quantity ELSE total_amount END) AS y
    FROM known_sale
    WHERE known_sale.store_id = series.store_id
      AND known_sale.product_id = series.product_id
      AND known_sale.period = begins::date
  ) AS sale
  CROSS JOIN LATERAL (
    SELECT count(*) AS days, count(*) FILTER (WHERE on_hand_qty = 0) AS empty
    FROM known_inventory
    WHERE known_inventory.store_id = series.store_id
      AND known_inventory.product_id = series.product_id
      AND known_inventory.period = begins::date
  ) AS snapshot
  CROSS JOIN LATERAL (
    SELECT
      count(*) AS days,
      count(*) FILTER (WHERE
        EXISTS (
          SELECT FROM known_sale AS reported
          WHERE reported.store_id = series.store_id AND reported.date = day::date
        )
        OR EXISTS (
          SELECT FROM known_traffic AS counted
          WHERE counted.store_id = series.store_id AND counted.date = day::date AND counted.visitors > 0
        )
      ) AS open
    FROM generate_series(begins, ${periods.lastDay("begins::date")}::timestamp, '1 day') AS day
  ) AS store
`;

/** The training periods, with horizon_step NULL, and the periods to forecast. */
const frameRow = (periods: Periods) => `
  CREATE TEMP TABLE frame_row ON COMMIT DROP AS
  SELECT
    spine.unique_id,
    spine.store_id,
    spine.product_id,
    spine.ds,
    spine.y,
    spine.is_imputed,
    spine.is_stockout,
    spine.is_store_closed,
    NULL::int AS horizon_step,
    CASE
      WHEN spine.y IS NULL THEN 0
      WHEN request.closed_days = 'mask' THEN spine.demand * spine.open
      ELSE spine.demand
    END AS sample_weight
  FROM request
  CROSS JOIN spine
  JOIN series USING (store_id, product_id)
  WHERE NOT (spine.is_store_closed AND request.closed_days = 'drop')
    AND NOT (series.ended AND request.ended_policy = 'drop')
    AND NOT (series.ended AND request.ended_policy = 'trim' AND spine.ds > series.last_sold_period)

  UNION ALL

  SELECT
    series.unique_id,
    series.store_id,
    series.product_id,
    ${periods.after("request.last_period", "step")},
    NULL, NULL, NULL, NULL,
    step,
    NULL
  FROM request
  CROSS JOIN series
  CROSS JOIN LATERAL generate_series(1, request.horizon) AS step
  WHERE NOT (series.ended AND request.ended_policy IN ('trim', 'drop'))
`;
