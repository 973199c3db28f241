import { daySql, upToSql } from "../days.ts";
import type { EngineTable } from "../engine-tables.ts";
import { featureColumn } from "../history/feature-column.ts";
import { featuresOf, type Measure } from "../history/features.ts";
import { overPeriod } from "../history/over-period.ts";
import { historySql } from "../history/sql.ts";
import type { FrameScope } from "../scope.ts";
import type { StagingTable } from "../source/staging-table.ts";
import type { FactTable } from "../source/warehouse-table.ts";
import type { Historic } from "../specification/index.ts";
import type { DriverPlan } from "./driver.ts";

/* Historic facts of a store as a whole: their lags and windows are computed once for all series of the store. */

/** The plan of a driver of such facts. */
export function storeHistory(
  { spec, grain, lastRow }: FrameScope,
  driver: {
    readonly staging: StagingTable;
    /** The table it makes of them. */
    readonly history: EngineTable;
    readonly measures: readonly Measure[];
    readonly options: Historic;
  },
): DriverPlan {
  const { staging, history, measures, options } = driver;
  const facts = staging.table;
  const features = measures.flatMap((measure) => featuresOf(measure, options, spec.freq));
  const { raw, windows, features: computed } = historySql(features, "store_id");
  const ofPeriod = measures.map(
    (measure) => `${overPeriod(measure, measure.name, grain)} AS ${measure.name}`,
  );
  return {
    staging: [staging],
    prepare: [
      `CREATE TABLE ${history} AS
       WITH facts AS (
         SELECT store_id, ${grain.sql.periodOf("day")} AS period, ${ofPeriod.join(", ")}
         FROM ${facts}
         ${grain.freq === "day" ? "" : "GROUP BY store_id, period"}
       ), spine AS (
         SELECT store_id, unnest(range(min(period), ${lastRow + 1}))::INTEGER AS period
         FROM facts
         GROUP BY store_id
       ), complete AS (
         SELECT spine.store_id, spine.period, ${measures.map(({ name }) => name).join(", ")}
         FROM spine
         LEFT JOIN facts ON facts.store_id = spine.store_id AND facts.period = spine.period
       ), aggregated AS (
         SELECT ${["store_id", "period", ...raw].join(",\n           ")}
         FROM complete
         ${windows}
       )
       SELECT ${["store_id", "period", ...computed].join(",\n         ")}
       FROM aggregated`,
    ],
    join: `LEFT JOIN ${history} ON ${history}.store_id = series.store_id AND ${history}.period = history.period`,
    columns: features.map((feature) => featureColumn(feature, history)),
  };
}

/** Stages the facts of the selected stores up to the cutoff. Later facts do not leave the warehouse. */
export function stagedStoreFacts(
  { cutoff, recorded, complete, ofStores }: FrameScope,
  table: EngineTable,
  facts: FactTable,
  measures: readonly Measure[],
): StagingTable {
  const values = measures.map(({ name, scale }) =>
    scale === 1 ? name : `(nullif(${name}, 'NaN') * ${scale})::bigint`,
  );
  return {
    table,
    query: () => `
      SELECT ${daySql("date")}, store_id, ${values.join(", ")}
      FROM ${facts.name}
      WHERE ${upToSql(cutoff)} AND ${recorded} AND ${complete} AND ${ofStores}`,
    day: null,
  };
}
