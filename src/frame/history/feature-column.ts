import type { Column } from "../columns.ts";
import type { EngineTable } from "../engine-tables.ts";
import { describeFeature, type Feature, featureName } from "./features.ts";

/** The column of a feature that a table of the engine has under the feature's name. */
export function featureColumn(feature: Feature, table: EngineTable) {
  const name = featureName(feature);
  return {
    name,
    type: "DOUBLE",
    lag: feature.lag,
    feature,
    description: describeFeature(feature),
    sql: `${table}.${name}`,
  } as const satisfies Partial<Column>;
}
