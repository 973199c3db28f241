import { quoteLiteral } from "../../database/identifiers.ts";
import type { SeriesFacts } from "../drivers/driver.ts";
import { trafficDays } from "../drivers/traffic.ts";
import { openPeriod, product, reported, sales, salesOfSeries, series, store } from "../engine-tables.ts";
import { reachOf } from "../history/features.ts";
import { overPeriod } from "../history/over-period.ts";
import type { FrameScope } from "../scope.ts";

/**
 * SQL that runs once, when everything is extracted: which series there are, their facts by period, and how many days of each period
 * stores were open.
 */
export function seriesSql(scope: FrameScope, facts: readonly SeriesFacts[]): string[] {
  const { spec, grain, lastPeriod, lastRow, ofProducts, folds } = scope;
  const reach = Math.max(0, ...facts.flatMap(({ features }) => features.map(reachOf)));
  const periodOf = grain.sql.periodOf;
  const y = spec.target === "quantity" ? "quantity" : "amount";
  const lastSales = folds.map(({ knownUntil }) => `max(day) FILTER (day <= ${knownUntil})`);
  return [
    `CREATE TABLE ${openPeriod} AS
     SELECT store_id, ${periodOf("day")} AS period, count(DISTINCT day)::INTEGER AS days
     FROM (
       ${ofProducts === "true" ? `SELECT store_id, day FROM ${sales}` : `SELECT store_id, day FROM ${reported}`}
       UNION ALL
       SELECT store_id, day FROM ${trafficDays} WHERE visitors > 0
     )
     GROUP BY ALL`,
    `CREATE TABLE ${series} AS
     WITH sold AS (
       SELECT
         store_id,
         product_id,
         ${firstPeriodSql(scope)} AS first_period,
         [${lastSales.join(", ")}] AS last_sale_days
       FROM ${sales}
       WHERE quantity > 0
       GROUP BY store_id, product_id
     )
     SELECT
       (row_number() OVER (ORDER BY unique_id, store_id, product_id) - 1)::INTEGER AS n,
       *,
       first_period - ${reach} AS spine_from,
       ${lastRow} AS spine_until
     FROM (
       SELECT store_code || ${quoteLiteral(spec.series.separator)} || sku AS unique_id, *
       FROM sold
       JOIN ${store} USING (store_id)
       JOIN ${product} USING (product_id)
       WHERE first_period <= ${lastPeriod}
     )
     ORDER BY n`,
    `CREATE TABLE ${salesOfSeries} AS
     SELECT n, ${periodOf("day")} AS period, ${overPeriod({ over: "sum" }, y, grain)} AS y
     FROM ${sales}
     JOIN ${series} USING (store_id, product_id)
     ${grain.freq === "day" ? "" : "GROUP BY n, period"}
     ORDER BY n, period`,
    ...facts.flatMap((of) => factsOfSeries(of, scope)),
  ];
}

/** The first period of a series, over its sales: that of its first sale. */
function firstPeriodSql({ grain, leftOut }: FrameScope): string {
  const first = grain.sql.periodOf("min(day)");
  return leftOut === null ? first : `greatest(${first}, ${leftOut + 1})`;
}

function factsOfSeries({ staged, ofSeries, columns }: SeriesFacts, { grain }: FrameScope): string[] {
  return [
    `CREATE TABLE ${ofSeries} AS
     SELECT n, ${grain.sql.periodOf("day")} AS period, ${columns.map(({ name, sql }) => `${sql} AS ${name}`).join(", ")}
     FROM ${staged}
     JOIN ${series} USING (store_id, product_id)
     ${grain.freq === "day" ? "" : "GROUP BY n, period"}
     ORDER BY n, period`,
    `DROP TABLE ${staged}`,
  ];
}
