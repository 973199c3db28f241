import { quoteLiteral } from "../../database/identifiers.ts";
import { type Day, dateOf, daySql } from "../days.ts";
import { describeFeature, type Feature, featureName, featuresOf, type Measure } from "../history/features.ts";
import { historySql } from "../history/sql.ts";
import type { Historic } from "../specification/index.ts";
import type { Driver, DriverColumn, FrameScope } from "./driver.ts";

/* What happens to a store as a whole: historic. A row gets lags and windows of it, made once for all of the store's series. */

export function trafficDriver(scope: FrameScope): Driver {
  // The traffic itself is staged with the sales: it tells on which days a store was closed.
  return storesHistory(scope, "traffic", undefined, scope.spec.traffic, [visitors]);
}

export const visitors: Measure = { name: "visitors", scale: 1, what: "people who entered the store" };

export function weatherDriver(scope: FrameScope): Driver {
  const measure = (name: string, what: string): Measure => ({
    name,
    scale: 100,
    what: `${what} observed at the store`,
  });
  return storesHistory(scope, "weather", "weather_daily", scope.spec.weather, [
    measure("temperature_avg_c", "mean temperature in °C"),
    measure("temperature_min_c", "lowest temperature in °C"),
    measure("temperature_max_c", "highest temperature in °C"),
    measure("precipitation_mm", "precipitation in mm"),
    measure("humidity_avg_pct", "mean relative humidity in percent"),
    measure("wind_beaufort", "mean wind force in Beaufort"),
  ]);
}

function storesHistory(
  scope: FrameScope,
  name: string,
  table: string | undefined,
  historic: Historic,
  measures: readonly Measure[],
): Driver {
  const { cutoff, horizon } = scope;
  const features = measures.flatMap((measure) => featuresOf(measure, historic));
  const history = historySql(features, "store_id", cutoff);
  const relation = `${name}_history`;
  return {
    name,
    class: "historic",
    stages: table === undefined ? [] : [stagedDays(scope, name, table, measures)],
    prepare: [
      `CREATE TABLE ${relation} AS
       WITH spine AS (
         SELECT store_id, unnest(range(min(day), ${cutoff + horizon + 1}))::INTEGER AS day
         FROM ${name}
         GROUP BY store_id
       ), daily AS (
         SELECT spine.store_id, spine.day, ${measures.map((measure) => measure.name).join(", ")}
         FROM spine
         LEFT JOIN ${name} ON ${name}.store_id = spine.store_id AND ${name}.day = spine.day
       ), aggregated AS (
         SELECT ${["store_id", "day", ...history.raw].join(",\n           ")}
         FROM daily
         ${history.windows}
       )
       SELECT ${["store_id", "day", ...history.features].join(",\n         ")}
       FROM aggregated`,
    ],
    block: [],
    join: `LEFT JOIN ${relation} ON ${relation}.store_id = series.store_id AND ${relation}.day = history.day`,
    columns: features.map((feature) => historicColumn(feature, relation)),
  };
}

/** Facts of whole stores up to the cutoff: nothing later leaves the warehouse. */
export function stagedDays(
  { cutoff, recorded, ofStores }: Pick<FrameScope, "cutoff" | "recorded" | "ofStores">,
  name: string,
  table: string,
  measures: readonly Measure[],
) {
  const values = measures.map(({ name, scale }) =>
    scale === 1 ? name : `(nullif(${name}, 'NaN') * ${scale})::bigint`,
  );
  return {
    table: name,
    columns: [
      { name: "day", type: "INTEGER" as const },
      { name: "store_id", type: "INTEGER" as const },
      ...measures.map((measure) => ({ name: measure.name, type: "BIGINT" as const })),
    ],
    query: () => `
      SELECT ${daySql("date")}, store_id, ${values.join(", ")}
      FROM ${table}
      WHERE ${upTo(cutoff)} AND ${recorded} AND ${ofStores}`,
    day: null,
  };
}

/** SQL: of facts, those up to the cutoff. */
export const upTo = (cutoff: Day) => `date <= DATE ${quoteLiteral(dateOf(cutoff))}`;

export function historicColumn(feature: Feature, relation: string): DriverColumn {
  const name = featureName(feature);
  return {
    name,
    type: "DOUBLE",
    lag: feature.lag,
    description: describeFeature(feature),
    sql: `${relation}.${name}`,
  };
}
