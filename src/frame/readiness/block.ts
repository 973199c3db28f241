import { dateOf } from "../days.ts";
import { blockDemand, blockReadiness, blockSeries, frameRows } from "../engine-tables.ts";
import type { Fold, FrameScope } from "../scope.ts";
import { cv2Sql, demandClassSql } from "./demand-class.ts";
import type { Figures } from "./figures.ts";
import { bitsOf, rules } from "./reasons.ts";
import type { ReadinessStatus } from "./rule.ts";
import { quietIntervals, thresholdsOf } from "./thresholds.ts";

/** SQL over the rows of a training frame: what they say about each series of the block. */
export function demandOfBlock({ spec }: FrameScope): string {
  // Whole numbers, whose sums do not depend on their order.
  const scale = spec.target === "total_amount" ? " * 100" : "";
  return `
    CREATE OR REPLACE TABLE ${blockDemand} AS
    SELECT
      _n AS n,
      count(*)::INTEGER AS periods,
      (count(*) FILTER (units > 0))::INTEGER AS sales_periods,
      (count(*) FILTER (_sample_weight > 0))::INTEGER AS observed_periods,
      (count(*) FILTER (_is_imputed))::INTEGER AS imputed,
      (count(*) FILTER (_is_stockout))::INTEGER AS stockouts,
      sum(units) AS total,
      count(demand)::INTEGER AS demands,
      sum(demand) AS demand,
      sum(demand::HUGEINT * demand) AS squares
    FROM (
      SELECT *, CASE WHEN _sample_weight > 0 AND units > 0 THEN units END AS demand
      FROM (SELECT _n, _sample_weight, _is_imputed, _is_stockout, (y${scale})::BIGINT AS units FROM ${frameRows})
    )
    GROUP BY _n`;
}

/**
 * SQL over the rows of the future frame and {@link demandOfBlock}: the figures and the reasons of each series of the block.
 *
 * @param priced whether the frame has planned prices
 */
export function readinessOfBlock(scope: FrameScope, fold: Fold, priced: boolean): string {
  const { spec, grain, folds } = scope;
  const thresholds = thresholdsOf(scope);
  const { after_days, policy } = spec.ended;
  // A list of DuckDB begins with 1.
  const lastSale = `series.last_sale_days[${folds.indexOf(fold) + 1}]`;
  const quiet =
    after_days === null
      ? { sql: `${fold.period} - last_sale_period`, limit: quietLimit(thresholds.quiet) }
      : { sql: `${fold.knownUntil} - last_sale_day`, limit: `${after_days}::DOUBLE` };
  const blocking = bitsOf("not_yet");
  const bits = rules.map(({ sql }, index) => `coalesce(${sql(thresholds)}, false)::INTEGER * ${2 ** index}`);
  return `
    CREATE OR REPLACE TABLE ${blockReadiness} AS
    WITH counted AS (
      SELECT
        series.n,
        series.unique_id,
        series.first_period,
        ${["periods", "sales_periods", "observed_periods", "imputed", "stockouts", "demands", "total"]
          .map((name) => `coalesce(${name}, 0) AS ${name}`)
          .join(",\n        ")},
        demand,
        squares,
        ${lastSale} AS last_sale_day,
        ${grain.sql.periodOf(lastSale)} AS last_sale_period,
        ${priced ? "planned.priced" : "NULL::INTEGER"} AS priced
      FROM ${blockSeries} AS series
      LEFT JOIN ${blockDemand} ON block_demand.n = series.n
      ${priced ? `LEFT JOIN (SELECT _n, count(_planned_price)::INTEGER AS priced FROM ${frameRows} GROUP BY _n) AS planned ON planned._n = series.n` : ""}
      WHERE series.first_period <= ${fold.period}
        ${policy === "drop" ? `AND NOT (${fold.knownUntil} - ${lastSale} > ${after_days})` : ""}
    ), measured AS (
      SELECT
        * EXCLUDE (demand, squares, first_period, last_sale_period),
        CASE WHEN demands > 0 THEN observed_periods / demands END AS adi,
        ${cv2Sql({ count: "demands", sum: "demand", squares: "squares" })}::DOUBLE AS cv2,
        ${quiet.sql} AS quiet,
        ${quiet.limit} AS quiet_limit
      FROM counted
    ), judged AS (
      SELECT *, ${demandClassSql("adi", "cv2")} AS demand_class FROM measured
    )
    SELECT
      *,
      CASE WHEN reasons = 0 THEN 'fit' WHEN reasons & ${blocking} > 0 THEN 'not_yet' ELSE 'fit_with_limits' END AS status
    FROM (SELECT *, (${bits.join(" + ")})::INTEGER AS reasons FROM judged)`;
}

/** So many periods, or so many mean intervals of the series itself. */
const quietLimit = (periods: number) =>
  `greatest(${periods}, ${quietIntervals} * (last_sale_period - first_period + 1) / nullif(sales_periods, 0))::DOUBLE`;

/** A row of {@link blockReadiness}. */
export interface ReadinessRow
  extends Omit<Figures, "imputed_share" | "censored_share" | "last_sale" | "priced_share"> {
  readonly imputed: number;
  readonly stockouts: number;
  readonly last_sale_day: number;
  readonly priced: number | null;
  readonly reasons: number;
  readonly status: ReadinessStatus;
}

export function figuresOf(row: ReadinessRow, horizon: number): Figures {
  const share = (count: number) => (row.periods === 0 ? 0 : count / row.periods);
  return {
    unique_id: row.unique_id,
    periods: row.periods,
    sales_periods: row.sales_periods,
    observed_periods: row.observed_periods,
    imputed_share: share(row.imputed),
    censored_share: share(row.stockouts),
    demand_class: row.demand_class,
    adi: row.adi,
    cv2: row.cv2,
    last_sale: dateOf(row.last_sale_day),
    priced_share: row.priced === null ? null : row.priced / horizon,
    quiet: row.quiet,
    quiet_limit: row.quiet_limit,
  };
}
