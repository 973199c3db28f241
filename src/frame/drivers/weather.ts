import { engineTable } from "../engine-tables.ts";
import type { Measure } from "../history/features.ts";
import type { FactTable } from "../source/warehouse-table.ts";
import type { Driver } from "./driver.ts";
import { changed, nextDays, third } from "./perturbation-sql.ts";
import { stagedStoreFacts, storeHistory } from "./store-history.ts";

const weatherDaily: FactTable = {
  name: "weather_daily",
  day: "date",
  ofStores: true,
  perturbation: {
    kind: "facts",
    changes: "weather",
    statements: [
      `DELETE FROM weather_daily WHERE date > $1::date AND ${third("store_id")}`,
      `UPDATE weather_daily
       SET temperature_avg_c = coalesce(temperature_avg_c, 0) + 17, temperature_min_c = coalesce(temperature_min_c, 0) + 13,
         temperature_max_c = coalesce(temperature_max_c, 0) + 19, precipitation_mm = ${changed("coalesce(precipitation_mm, 0)")},
         humidity_avg_pct = 100 - coalesce(humidity_avg_pct, 0), wind_beaufort = 12 - coalesce(wind_beaufort, 0)
       WHERE date > $1::date`,
      `INSERT INTO weather_daily (date, store_id, temperature_avg_c, precipitation_mm, created_at, updated_at)
       SELECT $1::date + step, store.id, -40, 461, '1970-01-01', '1970-01-01'
       FROM store
       CROSS JOIN ${nextDays}
       WHERE NOT EXISTS (
         SELECT FROM weather_daily AS known WHERE known.date = $1::date + step AND known.store_id = store.id
       )`,
    ],
  },
};

const measure = (name: string, over: Measure["over"], what: string): Measure => ({
  name,
  over,
  scale: 100,
  what: `${what} observed at the store`,
});

const measures = [
  measure("temperature_avg_c", "mean", "mean temperature in °C"),
  measure("temperature_min_c", "min", "lowest temperature in °C"),
  measure("temperature_max_c", "max", "highest temperature in °C"),
  measure("precipitation_mm", "sum", "precipitation in mm"),
  measure("humidity_avg_pct", "mean", "mean relative humidity in percent"),
  measure("wind_beaufort", "mean", "mean wind force in Beaufort"),
];

const weatherDays = engineTable({
  name: "weather",
  kind: "table",
  grain: "one row per day and selected store, up to the cutoff; in hundredths",
  columns: {
    day: "INTEGER",
    store_id: "INTEGER",
    temperature_avg_c: "BIGINT",
    temperature_min_c: "BIGINT",
    temperature_max_c: "BIGINT",
    precipitation_mm: "BIGINT",
    humidity_avg_pct: "BIGINT",
    wind_beaufort: "BIGINT",
  },
  madeBy: "stageTables",
  readBy: "weather_history",
  droppedBy: null,
});

const weatherHistory = engineTable({
  name: "weather_history",
  kind: "table",
  grain: "one row per store and period, from its first fact to the end of the horizon",
  columns: { store_id: "INTEGER", period: "INTEGER" },
  further: "features",
  madeBy: "storeHistory",
  readBy: "the rows of the frame",
  droppedBy: null,
});

/** Observed weather at the store: historic. */
export const weather: Driver = {
  name: "weather",
  class: "historic",
  reads: [weatherDaily],
  engineTables: [weatherDays, weatherHistory],
  sparse: measures.map(({ name }) => name),
  plan: (scope) =>
    storeHistory(scope, {
      staging: stagedStoreFacts(scope, weatherDays, weatherDaily, measures),
      history: weatherHistory,
      measures,
      options: scope.spec.weather,
    }),
};
