/** The tables, for help and completion, which start fast because the schema is not loaded. A test compares it with the schema. */
export const tableNames = [
  "store",
  "product",
  "calendar",
  "sales_daily",
  "price_history",
  "promotion",
  "inventory_snapshot_daily",
  "sales_txn",
  "weather_daily",
  "traffic_daily",
] as const;
