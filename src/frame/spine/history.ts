import type { SeriesFacts } from "../drivers/driver.ts";
import { blockSales, blockSeries, history } from "../engine-tables.ts";
import type { Feature, Measure } from "../history/features.ts";
import { historySql } from "../history/sql.ts";
import type { FrameScope } from "../scope.ts";

/**
 * SQL that makes `history` of a block: one row per series and period from the first sale on, with the period's own target and masks
 * and the features of earlier periods. Periods after the last known one have features only.
 *
 * One statement computes the features of the target and of all facts of the series, because ordering the rows of a block takes
 * longer than computing their windows.
 *
 * @param facts must include those of inventory, for the stockout mask
 */
export function historyOfBlock(
  scope: FrameScope,
  facts: readonly SeriesFacts[],
  features: readonly Feature[],
): string {
  const { spec, lastPeriod } = scope;
  const computed = historySql(features, "n", observedOf(scope));
  const measures = facts.flatMap((of) => of.measures);
  const masks = facts.flatMap((of) => of.masks ?? []);
  return `
    CREATE OR REPLACE TABLE ${history} AS
    WITH spine AS (
      SELECT n, first_period, unnest(range(spine_from, spine_until + 1))::INTEGER AS period FROM ${blockSeries}
    ), daily AS (
      SELECT
        spine.n,
        spine.period,
        spine.first_period,
        CASE
          WHEN spine.period BETWEEN spine.first_period AND ${lastPeriod} THEN ${spec.fill === "zero" ? "CASE WHEN sales.n IS NULL THEN 0 ELSE sales.y END" : "sales.y"}
        END::BIGINT AS y,
        sales.n IS NULL AS is_imputed,
        ${measures.map(({ measure, sql }) => `${sql} AS ${measure.name}`).join(",\n        ")}
      FROM spine
      LEFT JOIN ${blockSales} AS sales ON sales.n = spine.n AND sales.period = spine.period
      ${facts.map(joinedToSpine).join("\n      ")}
    ), aggregated AS (
      SELECT
        ${["n", "period", "first_period", "y", "is_imputed", ...measures.map(({ measure }) => measure.name), ...computed.raw].join(",\n        ")}
      FROM daily
      ${computed.windows}
    )
    SELECT
      ${["n", "period", "first_period", "y", "is_imputed", ...masks, ...computed.features].join(",\n      ")}
    FROM aggregated
    WHERE period >= first_period`;
}

const joinedToSpine = ({ staged, ofBlock }: SeriesFacts) =>
  `LEFT JOIN ${ofBlock} AS ${staged} ON ${staged}.n = spine.n AND ${staged}.period = spine.period`;

/** With zeros filled in, every period from the first sale to the last known one has a value, and nothing has to be counted. */
function observedOf({ spec }: FrameScope) {
  return ({ name }: Measure, lag: number, length: number): string | undefined => {
    if (name !== "y" || spec.fill !== "zero" || spec.target !== "quantity") return undefined;
    return `greatest(0, period - ${lag} - greatest(period - ${lag + length - 1}, first_period) + 1)`;
  };
}
