import { daySql, upToSql } from "../days.ts";
import { engineTable, history } from "../engine-tables.ts";
import { featureColumn } from "../history/feature-column.ts";
import { featuresOf, type Measure } from "../history/features.ts";
import { overPeriod } from "../history/over-period.ts";
import type { FrameScope } from "../scope.ts";
import type { StagingTable } from "../source/staging-table.ts";
import type { FactTable } from "../source/warehouse-table.ts";
import type { Driver, SeriesFacts } from "./driver.ts";
import { changed, nextDays, pairs, third } from "./perturbation-sql.ts";

export const inventorySnapshots: FactTable = {
  name: "inventory_snapshot_daily",
  day: "date",
  perturbation: {
    kind: "facts",
    changes: "inventory",
    statements: [
      `DELETE FROM inventory_snapshot_daily WHERE date > $1::date AND ${third("store_id", "product_id")}`,
      `UPDATE inventory_snapshot_daily
       SET on_hand_qty = CASE WHEN on_hand_qty = 0 THEN 499 ELSE 0 END, on_order_qty = ${changed("on_order_qty")}
       WHERE date > $1::date`,
      `INSERT INTO inventory_snapshot_daily (date, store_id, product_id, on_hand_qty, on_order_qty, created_at, updated_at)
       SELECT $1::date + step, store_id, product_id, 0, 487, '1970-01-01', '1970-01-01'
       FROM (${pairs}) AS pair
       CROSS JOIN ${nextDays}
       WHERE NOT EXISTS (
         SELECT FROM inventory_snapshot_daily AS known
         WHERE known.date = $1::date + step AND known.store_id = pair.store_id AND known.product_id = pair.product_id
       )`,
    ],
  },
};

const inventoryDays = engineTable({
  name: "inventory",
  kind: "table",
  grain: "one row per day, store and product: the snapshots of the selected series up to the cutoff",
  columns: {
    day: "INTEGER",
    store_id: "INTEGER",
    product_id: "INTEGER",
    on_hand_qty: "INTEGER",
    on_order_qty: "INTEGER",
  },
  madeBy: "stageTables",
  readBy: "inventory_of_series",
  droppedBy: "seriesSql, when inventory_of_series is made",
});

const inventoryOfSeries = engineTable({
  name: "inventory_of_series",
  kind: "table",
  grain: "one row per series and period with a snapshot, in the order of blocks",
  columns: {
    n: "INTEGER",
    period: "INTEGER",
    on_hand_qty: "INTEGER",
    on_order_qty: "INTEGER",
    // Unless a period is a day.
    stockout_days: "INTEGER",
    snapshots: "INTEGER",
  },
  madeBy: "seriesSql",
  readBy: "block_inventory",
  droppedBy: null,
});

const blockInventory = engineTable({
  name: "block_inventory",
  kind: "view",
  grain: "the rows of inventory_of_series in the block",
  columns: inventoryOfSeries.columns,
  madeBy: "planFrame",
  readBy: "history",
  droppedBy: null,
});

/** Stock of the series: historic. */
export const inventory: Driver = {
  name: "inventory",
  class: "historic",
  reads: [inventorySnapshots],
  engineTables: [inventoryDays, inventoryOfSeries, blockInventory],
  plan: (scope) => {
    const seriesFacts = stockOf(scope);
    return {
      staging: [stagedInventory(scope)],
      seriesFacts,
      columns: seriesFacts.features.map((feature) => featureColumn(feature, history)),
    };
  },
};

const onHand: Measure = {
  name: "on_hand_qty",
  over: "last",
  scale: 1,
  what: "units on hand at the end of the day",
};
const onOrder: Measure = {
  name: "on_order_qty",
  over: "last",
  scale: 1,
  what: "units ordered and not yet received",
  presentWith: "on_hand_qty",
};
const stockout: Measure = {
  name: "is_stockout",
  over: "max",
  scale: 1,
  what: "1 if nothing was left at the end of the day",
  presentWith: "on_hand_qty",
};
/** In place of it, if a period has several days. */
const stockoutDays: Measure = {
  name: "stockout_days",
  over: "sum",
  scale: 1,
  what: "days with nothing left at their end",
  presentWith: "on_hand_qty",
};

/** The spine has it in every frame, because of the stockout mask. */
export function stockOf({ spec, grain }: Pick<FrameScope, "spec" | "grain">): SeriesFacts {
  const daily = grain.freq === "day";
  const measures = [
    { measure: onHand, sql: "inventory.on_hand_qty::BIGINT" },
    { measure: onOrder, sql: "inventory.on_order_qty::BIGINT" },
    daily
      ? { measure: stockout, sql: "(inventory.on_hand_qty = 0)::BIGINT" }
      : { measure: stockoutDays, sql: "inventory.stockout_days::BIGINT" },
  ];
  const snapshots: Measure = { ...stockoutDays, name: "snapshots" };
  return {
    staged: inventoryDays,
    ofSeries: inventoryOfSeries,
    ofBlock: blockInventory,
    columns: [
      ...[onHand, onOrder].map((measure) => ({
        name: measure.name,
        sql: overPeriod(measure, measure.name, grain),
      })),
      ...(daily
        ? []
        : [
            { name: stockoutDays.name, sql: "(count(*) FILTER (on_hand_qty = 0))::INTEGER" },
            { name: snapshots.name, sql: "count(*)::INTEGER" },
          ]),
    ],
    measures: daily ? measures : [...measures, { measure: snapshots, sql: "inventory.snapshots::BIGINT" }],
    masks: daily
      ? ["coalesce(is_stockout = 1, false) AS is_stockout"]
      : [
          "coalesce(stockout_days > 0, false) AS is_stockout",
          "coalesce(stockout_days / snapshots, 0) AS stockout_share",
        ],
    features: measures.flatMap(({ measure }) => featuresOf(measure, spec.inventory, grain.freq)),
  };
}

export function stagedInventory({
  cutoff,
  recorded,
  complete,
  ofStores,
  ofProducts,
}: FrameScope): StagingTable {
  return {
    table: inventoryDays,
    query: (where) => `
      SELECT ${daySql("date")}, store_id, product_id, on_hand_qty, on_order_qty
      FROM inventory_snapshot_daily
      WHERE ${upToSql(cutoff)} AND ${recorded} AND ${complete} AND ${ofStores} AND ${ofProducts} AND ${where}`,
    day: "date",
  };
}
