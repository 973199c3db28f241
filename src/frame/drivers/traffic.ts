import { engineTable } from "../engine-tables.ts";
import type { Measure } from "../history/features.ts";
import type { FrameScope } from "../scope.ts";
import type { FactTable } from "../source/warehouse-table.ts";
import type { Driver } from "./driver.ts";
import { changed, nextDays, third } from "./perturbation-sql.ts";
import { stagedStoreFacts, storeHistory } from "./store-history.ts";

const trafficDaily: FactTable = {
  name: "traffic_daily",
  day: "date",
  ofStores: true,
  perturbation: {
    kind: "facts",
    changes: "traffic",
    statements: [
      `DELETE FROM traffic_daily WHERE date > $1::date AND ${third("store_id")}`,
      `UPDATE traffic_daily SET visitors = ${changed("visitors")} WHERE date > $1::date`,
      `INSERT INTO traffic_daily (date, store_id, visitors, created_at, updated_at)
       SELECT $1::date + step, store.id, 467, '1970-01-01', '1970-01-01'
       FROM store
       CROSS JOIN ${nextDays}
       WHERE NOT EXISTS (
         SELECT FROM traffic_daily AS known WHERE known.date = $1::date + step AND known.store_id = store.id
       )`,
    ],
  },
};

/** The spine reads it too: visitors show that a store was open. */
export const trafficDays = engineTable({
  name: "traffic",
  kind: "table",
  grain: "one row per day and selected store, up to the cutoff",
  columns: { day: "INTEGER", store_id: "INTEGER", visitors: "BIGINT" },
  madeBy: "stageTables",
  readBy: "open_period, traffic_history",
  droppedBy: null,
});

const trafficHistory = engineTable({
  name: "traffic_history",
  kind: "table",
  grain: "one row per store and period, from its first fact to the end of the horizon",
  columns: { store_id: "INTEGER", period: "INTEGER" },
  further: "features",
  madeBy: "storeHistory",
  readBy: "the rows of the frame",
  droppedBy: null,
});

const visitors: Measure = { name: "visitors", over: "sum", scale: 1, what: "people who entered the store" };

/** Visitors of the store: historic. */
export const traffic: Driver = {
  name: "traffic",
  class: "historic",
  reads: [trafficDaily],
  engineTables: [trafficDays, trafficHistory],
  plan: (scope) =>
    storeHistory(scope, {
      staging: stagedTraffic(scope),
      history: trafficHistory,
      measures: [visitors],
      options: scope.spec.traffic,
    }),
};

/** The spine stages it for every frame. */
export const stagedTraffic = (scope: FrameScope) =>
  stagedStoreFacts(scope, trafficDays, trafficDaily, [visitors]);
