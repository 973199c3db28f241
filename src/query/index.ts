/** Reading the warehouse: queries that cannot write, and what its tables hold. */
export type { QueryColumn } from "./columns.ts";
export { exportQuery, type QueryExport, type QueryExportOptions } from "./export.ts";
export {
  defaultTimeout_s,
  type QueryOptions,
  type QueryResult,
  type QueryRow,
  query,
  withQuery,
} from "./query.ts";
export type { QueryRows } from "./query-rows.ts";
export { type ListTablesOptions, listTables, type WarehouseTable } from "./tables.ts";
export { formatOfName, type QueryFormat, queryFormats, type Sink, writeRows } from "./write-rows.ts";
