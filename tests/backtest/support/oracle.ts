import type { Client } from "../../../src/database/connection.ts";
import type { ForecastRow } from "./forecast-files.ts";

/*
 * What a backtest of days must give, in plain SQL on the warehouse's own tables: every day of a series from its first sale on has the
 * units sold, and days without stock are not observed.
 */

/** One row per series and day of the warehouse. $1 is the last day. */
const days = `
  WITH born AS (
    SELECT store_id, product_id, min(date) AS born
    FROM sales_daily
    WHERE quantity > 0 AND date <= $1::date
    GROUP BY store_id, product_id
  ), days AS (
    SELECT
      store.code || '/' || product.sku AS unique_id,
      day::date AS day,
      coalesce(sales.quantity, 0)::float8 AS y,
      inventory.on_hand_qty IS DISTINCT FROM 0 AS observed
    FROM born
    JOIN store ON store.id = born.store_id
    JOIN product ON product.id = born.product_id
    CROSS JOIN LATERAL generate_series(born.born, $1::date, '1 day') AS day
    LEFT JOIN sales_daily AS sales
      ON sales.store_id = born.store_id AND sales.product_id = born.product_id AND sales.date = day
    LEFT JOIN inventory_snapshot_daily AS inventory
      ON inventory.store_id = born.store_id AND inventory.product_id = born.product_id AND inventory.date = day
  )`;

/** The rows of a file with three of the models, by cutoff, series and day. $2 are the cutoffs, $3 the horizon. */
const forecasts = `${days}, known AS (
    SELECT cutoff::date AS cutoff, days.*
    FROM unnest($2::date[]) AS cutoff
    JOIN days ON days.day <= cutoff
  ), asked AS (
    SELECT cutoff, unique_id, cutoff + step AS ds
    FROM (SELECT DISTINCT cutoff, unique_id FROM known) AS series, generate_series(1, $3::int) AS step
  )
  SELECT
    asked.unique_id,
    asked.ds::text AS ds,
    asked.cutoff::text AS cutoff,
    actual.y,
    actual.observed::int::float8 AS sample_weight,
    coalesce(naive.y, 0) AS naive,
    coalesce(seasonal.y, naive.y, 0) AS seasonal_naive,
    coalesce(mean.y, 0) AS mean_28
  FROM asked
  LEFT JOIN days AS actual ON actual.unique_id = asked.unique_id AND actual.day = asked.ds
  LEFT JOIN LATERAL (
    SELECT y FROM known
    WHERE known.cutoff = asked.cutoff AND known.unique_id = asked.unique_id AND observed
    ORDER BY day DESC LIMIT 1
  ) AS naive ON true
  LEFT JOIN LATERAL (
    SELECT y FROM known
    WHERE known.cutoff = asked.cutoff AND known.unique_id = asked.unique_id AND observed
      AND extract(isodow FROM day) = extract(isodow FROM asked.ds)
    ORDER BY day DESC LIMIT 1
  ) AS seasonal ON true
  LEFT JOIN LATERAL (
    SELECT avg(y) AS y FROM (
      SELECT y FROM known
      WHERE known.cutoff = asked.cutoff AND known.unique_id = asked.unique_id AND observed
      ORDER BY day DESC LIMIT 28
    ) AS last
  ) AS mean ON true
  ORDER BY asked.cutoff, asked.unique_id COLLATE "C", asked.ds`;

/** Scores of a model in a file, by class and, as null, of all. $2 are its rows. */
const scores = `${days}, pairs AS (
    SELECT
      *,
      lag(y) OVER series AS before,
      lag(observed) OVER series AS before_observed,
      lag(y, 7) OVER series AS week_before,
      lag(observed, 7) OVER series AS week_before_observed
    FROM days
    WINDOW series AS (PARTITION BY unique_id ORDER BY day)
  ), given AS (
    SELECT * FROM jsonb_to_recordset($2) AS row (unique_id text, ds date, cutoff date, forecast float8)
  ), known AS (
    SELECT
      cutoff,
      unique_id,
      avg((y - before) ^ 2) FILTER (WHERE observed AND before_observed) AS square,
      avg(abs(y - week_before)) FILTER (WHERE observed AND week_before_observed) AS seasonal,
      count(*) FILTER (WHERE observed)::float8 / nullif(count(*) FILTER (WHERE observed AND y > 0), 0) AS interval,
      coalesce((stddev_samp(y) FILTER (WHERE observed AND y > 0) / avg(y) FILTER (WHERE observed AND y > 0)) ^ 2, 0) AS cv2
    FROM (SELECT DISTINCT cutoff, unique_id FROM given) AS series
    JOIN pairs USING (unique_id)
    WHERE day <= cutoff
    GROUP BY cutoff, unique_id
  ), errors AS (
    SELECT given.cutoff, given.unique_id, forecast - y AS error, y
    FROM given
    JOIN days ON days.unique_id = given.unique_id AND days.day = given.ds
    WHERE observed
  ), series AS (
    SELECT
      cutoff,
      unique_id,
      CASE
        WHEN interval IS NULL THEN 'no_demand'
        WHEN interval < 1.32 THEN CASE WHEN cv2 < 0.49 THEN 'smooth' ELSE 'erratic' END
        ELSE CASE WHEN cv2 < 0.49 THEN 'intermittent' ELSE 'lumpy' END
      END AS class,
      count(*) AS rows,
      sum(error) AS error,
      sum(abs(error)) AS absolute,
      sum(y) AS y,
      sum(abs(y)) AS absolute_y,
      sqrt(avg(error ^ 2) / nullif(square, 0)) AS rmsse,
      avg(abs(error)) / nullif(seasonal, 0) AS mase
    FROM errors
    JOIN known USING (cutoff, unique_id)
    GROUP BY cutoff, unique_id, class, square, seasonal
  )
  SELECT
    class,
    sum(rows)::int AS rows,
    count(*)::int AS series,
    sum(absolute) / nullif(sum(absolute_y), 0) AS wape,
    sum(error) / nullif(sum(y), 0) AS bias,
    avg(rmsse) AS rmsse,
    avg(mase) AS mase
  FROM series
  GROUP BY GROUPING SETS ((), (class))`;

export interface OracleScores {
  /** Null for all classes together. */
  readonly class: string | null;
  readonly rows: number;
  readonly series: number;
  readonly wape: number | null;
  readonly bias: number | null;
  readonly rmsse: number | null;
  readonly mase: number | null;
}

export const oracleForecasts = async (
  client: Client,
  given: { readonly until: string; readonly cutoffs: readonly string[]; readonly horizon: number },
): Promise<ForecastRow[]> =>
  (await client.query<ForecastRow>(forecasts, [given.until, given.cutoffs, given.horizon])).rows;

export async function oracleScores(
  client: Client,
  until: string,
  rows: readonly ForecastRow[],
  model: string,
): Promise<OracleScores[]> {
  const given = rows.map(({ unique_id, ds, cutoff, [model]: forecast }) => ({
    ...{ unique_id, ds, cutoff, forecast },
  }));
  return (await client.query<OracleScores>(scores, [until, JSON.stringify(given)])).rows;
}
