import { calendar, product, store } from "./dimensions.ts";
import { inventorySnapshotDaily, priceHistory, promotion, salesDaily } from "./facts.ts";
import { salesTxn, trafficDaily, weatherDaily } from "./observations.ts";

/** The tables that can be loaded, by their name in the database; dimensions before the facts that refer to them. */
export const tables = {
  store,
  product,
  calendar,
  sales_daily: salesDaily,
  price_history: priceHistory,
  promotion,
  inventory_snapshot_daily: inventorySnapshotDaily,
  sales_txn: salesTxn,
  weather_daily: weatherDaily,
  traffic_daily: trafficDaily,
} as const;

export type TableName = keyof typeof tables;

export const tableNames = Object.keys(tables) as TableName[];
