import type { SeriesFacts } from "../drivers/driver.ts";
import { stockout } from "../drivers/inventory.ts";
import { blockSales, blockSeries, history } from "../engine-tables.ts";
import type { Feature, Measure } from "../history/features.ts";
import { historySql } from "../history/sql.ts";
import type { FrameScope } from "../scope.ts";

/**
 * SQL that makes `history` of a block: one row per series and day from the first sale on, with the day's own target and masks
 * and the features of earlier days. Days after the cutoff have features only.
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
  const { spec, cutoff } = scope;
  const computed = historySql(features, "n", cutoff, observedOf(scope));
  const measures = facts.flatMap((of) => of.measures);
  return `
    CREATE OR REPLACE TABLE ${history} AS
    WITH spine AS (
      SELECT n, first_day, unnest(range(spine_from, spine_until + 1))::INTEGER AS day FROM ${blockSeries}
    ), daily AS (
      SELECT
        spine.n,
        spine.day,
        spine.first_day,
        CASE
          WHEN spine.day BETWEEN spine.first_day AND ${cutoff} THEN ${spec.fill === "zero" ? "CASE WHEN sales.n IS NULL THEN 0 ELSE sales.y END" : "sales.y"}
        END::BIGINT AS y,
        sales.n IS NULL AS is_imputed,
        ${measures.map(({ measure, sql }) => `${sql} AS ${measure.name}`).join(",\n        ")}
      FROM spine
      LEFT JOIN ${blockSales} AS sales ON sales.n = spine.n AND sales.day = spine.day
      ${facts.map(joinedToSpine).join("\n      ")}
    ), aggregated AS (
      SELECT
        ${["n", "day", "first_day", "y", "is_imputed", ...measures.map(({ measure }) => measure.name), ...computed.raw].join(",\n        ")}
      FROM daily
      ${computed.windows}
    )
    SELECT
      ${[
        "n",
        "day",
        "y",
        "is_imputed",
        `coalesce(${stockout.name} = 1, false) AS is_stockout`,
        ...computed.features,
      ].join(",\n      ")}
    FROM aggregated
    WHERE day >= first_day`;
}

const joinedToSpine = ({ staged, ofBlock }: SeriesFacts) =>
  `LEFT JOIN ${ofBlock} AS ${staged} ON ${staged}.n = spine.n AND ${staged}.day = spine.day`;

/** With zeros filled in, every day from the first sale to the cutoff has a value, and nothing has to be counted. */
function observedOf({ spec, cutoff }: FrameScope) {
  return ({ name }: Measure, lag: number, length: number): string | undefined => {
    if (name !== "y" || spec.fill !== "zero" || spec.target !== "quantity") return undefined;
    return `greatest(0, least(day - ${lag}, ${cutoff}) - greatest(day - ${lag + length - 1}, first_day) + 1)`;
  };
}
