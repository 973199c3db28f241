import { type Client, withTransaction } from "../../../src/database/connection.ts";
import { rowsOf } from "../../support/warehouse.ts";
import type { OracleRequest } from "./oracle.ts";
import { makeFrameRows } from "./oracle-rows.ts";

/*
 * What docs/frames.md says about the readiness of series of days, in plain SQL on PostgreSQL, over the rows of the oracle of frames. It
 * shares nothing with src/frame except the spec.
 */

export interface OracleReadiness {
  readonly unique_id: string;
  readonly status: string;
  readonly codes: readonly string[];
  readonly periods: number;
  readonly sales_periods: number;
  readonly observed_periods: number;
  readonly imputed_share: number;
  readonly censored_share: number;
  readonly demand_class: string;
  readonly adi: number | null;
  readonly cv2: number | null;
  readonly last_sale: string;
  readonly priced_share: number | null;
}

/** One row per series of the frame, best sellers first. */
export async function oracleReadiness(client: Client, request: OracleRequest): Promise<OracleReadiness[]> {
  const { spec, horizon } = request;
  return withTransaction(client, async () => {
    await makeFrameRows(client, request);
    const prices = spec.drivers.includes("price");
    return rowsOf<OracleReadiness>(client, readiness, [
      ...[prices && spec.drivers_named, prices, horizon, spec.ended.after_days, spec.ended.policy],
    ]);
  });
}

const readiness = `
  WITH asked AS (
    SELECT
      request.cutoff,
      $3::int AS horizon,
      greatest(2 * $3::int, 14) AS history,
      $4::int AS ended_after_days,
      $1::boolean OR ($2::boolean AND EXISTS (SELECT FROM known_price WHERE valid_from <= request.cutoff)) AS prices
    FROM request
  ), measured AS (
    SELECT
      series.unique_id,
      series.store_id,
      series.product_id,
      series.last_sale,
      series.last_sale - series.first_sale + 1 AS lived,
      count(day.ds) AS periods,
      count(*) FILTER (WHERE day.y > 0) AS sales_periods,
      count(*) FILTER (WHERE day.sample_weight > 0) AS observed_periods,
      count(*) FILTER (WHERE day.is_imputed) AS imputed,
      count(*) FILTER (WHERE day.is_stockout) AS stockouts,
      count(*) FILTER (WHERE day.y > 0 AND day.sample_weight > 0) AS demands,
      avg(day.y::numeric) FILTER (WHERE day.y > 0 AND day.sample_weight > 0) AS mean,
      var_samp(day.y::numeric) FILTER (WHERE day.y > 0 AND day.sample_weight > 0) AS variance,
      count(DISTINCT day.y) FILTER (WHERE day.sample_weight > 0) AS values,
      coalesce(sum(day.y::numeric), 0) AS total,
      (
        SELECT count(*) FILTER (WHERE EXISTS (
          SELECT FROM known_price AS price
          WHERE price.product_id = series.product_id
            AND (price.store_id IS NULL OR price.store_id = series.store_id)
            AND price.price <> 'NaN'
            AND later.ds BETWEEN price.valid_from AND coalesce(price.valid_to, 'infinity')
        ))
        FROM frame_row AS later
        WHERE later.store_id = series.store_id AND later.product_id = series.product_id AND later.horizon_step IS NOT NULL
        HAVING count(*) > 0
      ) AS priced
    FROM series
    LEFT JOIN frame_row AS day
      ON day.store_id = series.store_id AND day.product_id = series.product_id AND day.horizon_step IS NULL
    WHERE NOT (series.ended AND $5::text = 'drop')
    GROUP BY series.unique_id, series.store_id, series.product_id, series.last_sale, series.first_sale
  ), classed AS (
    SELECT
      *,
      observed_periods::numeric / nullif(demands, 0) AS adi,
      CASE WHEN demands > 0 THEN coalesce(variance, 0) / mean ^ 2 END AS cv2
    FROM measured
  ), named AS (
    SELECT
      *,
      CASE
        WHEN demands = 0 THEN 'no_demand'
        WHEN adi >= 1.32 AND cv2 >= 0.49 THEN 'lumpy'
        WHEN adi >= 1.32 THEN 'intermittent'
        WHEN cv2 >= 0.49 THEN 'erratic'
        ELSE 'smooth'
      END AS demand_class
    FROM classed
  ), judged AS (
    SELECT
      named.*,
      asked.*,
      array_remove(ARRAY[
        CASE WHEN sales_periods = 0 THEN 'no_sale' END,
        CASE WHEN sales_periods = 1 THEN 'single_sale' END,
        CASE WHEN periods < history THEN 'short_history' END,
        CASE WHEN periods >= history AND observed_periods < history THEN 'few_observed' END,
        CASE
          WHEN ended_after_days IS NOT NULL AND cutoff - last_sale > ended_after_days THEN 'ended'
          WHEN ended_after_days IS NULL AND cutoff - last_sale > 56
            AND (cutoff - last_sale) * sales_periods > 5 * lived THEN 'ended'
        END
      ], NULL) AS blocking,
      array_remove(ARRAY[
        CASE WHEN sales_periods BETWEEN 2 AND 9 AND periods >= history THEN 'sparse_sales' END,
        CASE WHEN imputed > periods / 2.0 THEN 'gaps' END,
        CASE WHEN stockouts > periods / 10.0 THEN 'censored' END,
        CASE WHEN sales_periods > 1 AND demand_class IN ('intermittent', 'lumpy') THEN demand_class END,
        CASE WHEN demands > 1 AND values = 1 THEN 'constant' END,
        CASE WHEN prices AND priced < horizon THEN 'unpriced' END
      ], NULL) AS limiting
    FROM named
    CROSS JOIN asked
  )
  SELECT
    unique_id,
    CASE
      WHEN cardinality(blocking) > 0 THEN 'not_yet'
      WHEN cardinality(limiting) > 0 THEN 'fit_with_limits'
      ELSE 'fit'
    END AS status,
    to_json(blocking || limiting) AS codes,
    periods::int,
    sales_periods::int,
    observed_periods::int,
    coalesce(imputed::float8 / nullif(periods, 0), 0) AS imputed_share,
    coalesce(stockouts::float8 / nullif(periods, 0), 0) AS censored_share,
    demand_class,
    adi::float8,
    cv2::float8,
    last_sale::text,
    CASE WHEN prices THEN priced::float8 / horizon END AS priced_share
  FROM judged
  ORDER BY total DESC, unique_id COLLATE "C", store_id, product_id
`;
