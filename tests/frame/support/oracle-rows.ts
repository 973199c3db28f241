import type { Client } from "../../../src/database/connection.ts";
import { quoteIdentifier } from "../../../src/database/identifiers.ts";
import type { OracleRequest } from "./oracle.ts";

/* The rows of both frames, and the known facts, as temporary tables of the transaction. */

/** Makes `known_…`, `series`, `spine` (the days that lags refer to) and `frame_row`. */
export async function makeFrameRows(client: Client, request: OracleRequest): Promise<void> {
  const { cutoff, horizon, spec, knownAt } = request;
  await client.query("SET LOCAL jit = off");
  await client.query(
    `CREATE TEMP TABLE request ON COMMIT DROP AS
     SELECT
       $1::date AS cutoff,
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
  for (const statement of knownFacts) await client.query(statement);

  const attributes = Object.entries({
    ...prefixed("store", spec.series.store),
    ...prefixed("product", spec.series.product),
  });
  const chosen = attributes.map(([attribute], index) => `AND ${attribute} = ANY ($${index + 1}::text[])`);
  await client.query(
    series(chosen.join("\n")),
    attributes.map(([, values]) => values),
  );
  for (const statement of [spine, "CREATE INDEX ON spine (store_id, product_id, ds)", frameRow]) {
    await client.query(statement);
  }
}

/** A day is known up to its end in UTC. */
function endOf(knownAt: string | undefined): string | undefined {
  return knownAt?.length === 10 ? `${knownAt}T23:59:59.999999Z` : knownAt;
}

const prefixed = (table: string, attributes: Readonly<Record<string, readonly string[] | undefined>>) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, values]) => [`${table}.${quoteIdentifier(name)}`, values]),
  );

/** Facts up to the cutoff only; plans may begin after it. */
const knownFacts = [
  `CREATE TEMP TABLE known_sale ON COMMIT DROP AS
   SELECT sales_daily.* FROM sales_daily, request
   WHERE created_at <= known_at AND date <= cutoff`,
  "CREATE INDEX ON known_sale (store_id, product_id, date)",
  `CREATE TEMP TABLE known_inventory ON COMMIT DROP AS
   SELECT inventory_snapshot_daily.* FROM inventory_snapshot_daily, request
   WHERE created_at <= known_at AND date <= cutoff`,
  "CREATE INDEX ON known_inventory (store_id, product_id, date)",
  `CREATE TEMP TABLE known_traffic ON COMMIT DROP AS
   SELECT traffic_daily.* FROM traffic_daily, request
   WHERE created_at <= known_at AND date <= cutoff`,
  "CREATE INDEX ON known_traffic (store_id, date)",
  `CREATE TEMP TABLE known_weather ON COMMIT DROP AS
   SELECT weather_daily.* FROM weather_daily, request
   WHERE created_at <= known_at AND date <= cutoff`,
  "CREATE INDEX ON known_weather (store_id, date)",
  `CREATE TEMP TABLE known_price ON COMMIT DROP AS
   SELECT price_history.* FROM price_history, request
   WHERE created_at <= known_at`,
  `CREATE TEMP TABLE known_promotion ON COMMIT DROP AS
   SELECT promotion.* FROM promotion, request
   WHERE created_at <= known_at`,
];

/** Stores and products with a quantity above 0 on any day. */
const series = (chosen: string) => `
  CREATE TEMP TABLE series ON COMMIT DROP AS
  SELECT
    store.code || request.separator || product.sku AS unique_id,
    store.id AS store_id,
    product.id AS product_id,
    sold.first_sale,
    sold.last_sale,
    COALESCE(request.cutoff - sold.last_sale > request.ended_after_days, false) AS ended
  FROM request
  CROSS JOIN store
  CROSS JOIN product
  CROSS JOIN LATERAL (
    SELECT min(date) AS first_sale, max(date) AS last_sale
    FROM known_sale
    WHERE known_sale.store_id = store.id
      AND known_sale.product_id = product.id
      AND known_sale.quantity > 0
  ) AS sold
  WHERE sold.first_sale IS NOT NULL ${chosen}
`;

/** Every day of every series from its first sale to the cutoff. */
const spine = `
  CREATE TEMP TABLE spine ON COMMIT DROP AS
  SELECT
    series.unique_id,
    series.store_id,
    series.product_id,
    day::date AS ds,
    CASE
      WHEN sale.id IS NOT NULL AND request.target = 'quantity' THEN sale.quantity
      WHEN sale.id IS NOT NULL THEN sale.total_amount
      WHEN request.fill = 'zero' THEN 0
    END AS y,
    sale.id IS NULL AS is_imputed,
    EXISTS (
      SELECT FROM known_inventory AS snapshot
      WHERE snapshot.store_id = series.store_id
        AND snapshot.product_id = series.product_id
        AND snapshot.date = day::date
        AND snapshot.on_hand_qty = 0
    ) AS is_stockout,
    NOT EXISTS (
      SELECT FROM known_sale AS reported
      WHERE reported.store_id = series.store_id AND reported.date = day::date
    )
    AND NOT EXISTS (
      SELECT FROM known_traffic AS counted
      WHERE counted.store_id = series.store_id AND counted.date = day::date AND counted.visitors > 0
    ) AS is_store_closed
  FROM request
  CROSS JOIN series
  CROSS JOIN LATERAL generate_series(series.first_sale::timestamp, request.cutoff, '1 day') AS day
  LEFT JOIN known_sale AS sale
    ON sale.store_id = series.store_id
    AND sale.product_id = series.product_id
    AND sale.date = day::date
`;

/** The training days, with horizon_step NULL, and the days to forecast. */
const frameRow = `
  CREATE TEMP TABLE frame_row ON COMMIT DROP AS
  SELECT
    spine.*,
    NULL::int AS horizon_step,
    CASE
      WHEN spine.is_stockout THEN 0
      WHEN spine.y IS NULL THEN 0
      WHEN spine.is_store_closed AND request.closed_days = 'mask' THEN 0
      ELSE 1
    END AS sample_weight
  FROM request
  CROSS JOIN spine
  JOIN series USING (store_id, product_id)
  WHERE NOT (spine.is_store_closed AND request.closed_days = 'drop')
    AND NOT (series.ended AND request.ended_policy = 'drop')
    AND NOT (series.ended AND request.ended_policy = 'trim' AND spine.ds > series.last_sale)

  UNION ALL

  SELECT
    series.unique_id,
    series.store_id,
    series.product_id,
    request.cutoff + step,
    NULL, NULL, NULL, NULL,
    step,
    NULL
  FROM request
  CROSS JOIN series
  CROSS JOIN LATERAL generate_series(1, request.horizon) AS step
  WHERE NOT (series.ended AND request.ended_policy IN ('trim', 'drop'))
`;
