import { quoteLiteral } from "../../database/identifiers.ts";
import type { SeriesFacts } from "../drivers/driver.ts";
import { trafficDays } from "../drivers/traffic.ts";
import { openDay, product, reported, sales, salesOfSeries, series, store } from "../engine-tables.ts";
import { reachOf } from "../history/features.ts";
import type { FrameScope } from "../scope.ts";

/** SQL that runs once, when everything is extracted: which series there are, their facts, and on which days stores were open. */
export function seriesSql(scope: FrameScope, facts: readonly SeriesFacts[]): string[] {
  const { spec, cutoff, horizon, ofProducts } = scope;
  const { after_days, policy } = spec.ended;
  const ended = after_days === null ? "false" : `${cutoff} - last_sale_day > ${after_days}`;
  const reach = Math.max(0, ...facts.flatMap(({ features }) => features.map(reachOf)));
  const y = spec.target === "quantity" ? "quantity" : "amount";
  return [
    `CREATE TABLE ${openDay} AS
     SELECT DISTINCT store_id, day
     FROM (
       ${ofProducts === "true" ? `SELECT store_id, day FROM ${sales}` : `SELECT store_id, day FROM ${reported}`}
       UNION ALL
       SELECT store_id, day FROM ${trafficDays} WHERE visitors > 0
     )`,
    `CREATE TABLE ${series} AS
     WITH sold AS (
       SELECT store_id, product_id, min(day) AS first_day, max(day) AS last_sale_day
       FROM ${sales}
       WHERE quantity > 0
       GROUP BY store_id, product_id
     ), named AS (
       SELECT store_code || ${quoteLiteral(spec.series.separator)} || sku AS unique_id, *, ${ended} AS has_ended
       FROM sold
       JOIN ${store} USING (store_id)
       JOIN ${product} USING (product_id)
     )
     SELECT
       (row_number() OVER (ORDER BY unique_id, store_id, product_id) - 1)::INTEGER AS n,
       *,
       first_day - ${reach} AS spine_from,
       ${policy === "trim" ? `CASE WHEN has_ended THEN last_sale_day ELSE ${cutoff + horizon} END` : cutoff + horizon} AS spine_until
     FROM named
     ${policy === "drop" ? "WHERE NOT has_ended" : ""}
     ORDER BY n`,
    `CREATE TABLE ${salesOfSeries} AS
     SELECT n, day, ${y} AS y FROM ${sales} JOIN ${series} USING (store_id, product_id) ORDER BY n, day`,
    ...facts.flatMap(factsOfSeries),
  ];
}

function factsOfSeries({ staged, ofSeries }: SeriesFacts): string[] {
  return [
    `CREATE TABLE ${ofSeries} AS
     SELECT ${Object.keys(ofSeries.columns).join(", ")}
     FROM ${staged}
     JOIN ${series} USING (store_id, product_id)
     ORDER BY n, day`,
    `DROP TABLE ${staged}`,
  ];
}
