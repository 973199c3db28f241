import { daySql, upToSql } from "../../../src/frame/days.ts";
import type { Driver } from "../../../src/frame/drivers/driver.ts";
import { engineTable, history } from "../../../src/frame/engine-tables.ts";
import { featureColumn } from "../../../src/frame/history/feature-column.ts";
import type { Feature, Measure } from "../../../src/frame/history/features.ts";
import { overPeriod } from "../../../src/frame/history/over-period.ts";
import type { FrameScope } from "../../../src/frame/scope.ts";
import type { FactTable } from "../../../src/frame/source/warehouse-table.ts";

/* A made-up driver over a table that no driver of the library reads: units returned, from the transactions. */

export const salesTxn: FactTable = {
  name: "sales_txn",
  day: "date",
  perturbation: {
    kind: "facts",
    changes: "returns",
    statements: ["UPDATE sales_txn SET quantity = quantity - 100 WHERE date > $1::date"],
  },
};

const declared = { madeBy: "the test", readBy: "the test", droppedBy: null } as const;
const returnDays = engineTable({
  ...declared,
  name: "returns",
  kind: "table",
  grain: "one row per day, store and product with returns",
  columns: { day: "INTEGER", store_id: "INTEGER", product_id: "INTEGER", returned: "BIGINT" },
});
const returnsOfSeries = engineTable({
  ...declared,
  name: "returns_of_series",
  kind: "table",
  grain: "one row per series and day with returns",
  columns: { n: "INTEGER", period: "INTEGER", returned: "BIGINT" },
});
const blockReturns = engineTable({
  ...declared,
  name: "block_returns",
  kind: "view",
  grain: "the rows of returns_of_series in the block",
  columns: returnsOfSeries.columns,
});

const measure: Measure = { name: "returned", over: "sum", scale: 1, what: "units returned on the day" };

const staging = (scope: FrameScope) => ({
  table: returnDays,
  query: (where: string) => `
    SELECT ${daySql("date")}, store_id, product_id, sum(-quantity)::bigint
    FROM sales_txn
    WHERE quantity < 0 AND ${upToSql(scope.cutoff)} AND ${scope.ofStores} AND ${scope.ofProducts} AND ${where}
    GROUP BY date, store_id, product_id`,
  day: "date",
});

/** Historic: the returns of the series, one horizon before. */
export const returns: Driver = {
  name: "returns",
  class: "historic",
  reads: [salesTxn],
  engineTables: [returnDays, returnsOfSeries, blockReturns],
  plan: (scope) => {
    const features: Feature[] = [{ kind: "lag", measure, lag: scope.horizon, freq: scope.spec.freq }];
    return {
      staging: [staging(scope)],
      seriesFacts: {
        staged: returnDays,
        ofSeries: returnsOfSeries,
        ofBlock: blockReturns,
        columns: [{ name: "returned", sql: overPeriod(measure, "returned", scope.grain) }],
        measures: [{ measure, sql: "returns.returned" }],
        features,
      },
      columns: features.map((feature) => featureColumn(feature, history)),
    };
  },
};

const leaked = engineTable({
  ...declared,
  name: "leaked_returns",
  kind: "table",
  grain: "one row per day, store and product with returns, after the cutoff too",
  columns: returnDays.columns,
});

/** The returns of the day itself, declared as known in advance. */
export const leakingReturns: Driver = {
  name: "leaking_returns",
  class: "future",
  reads: [salesTxn],
  engineTables: [leaked],
  plan: (scope) => ({
    staging: [{ ...staging({ ...scope, cutoff: scope.cutoff + scope.horizon }), table: leaked }],
    join: `LEFT JOIN ${leaked}
      ON ${leaked}.store_id = series.store_id AND ${leaked}.product_id = series.product_id AND ${scope.grain.sql.periodOf(`${leaked}.day`)} = history.period`,
    columns: [{ name: "returned", type: "DOUBLE", sql: "leaked_returns.returned", description: "Leaks." }],
  }),
};
