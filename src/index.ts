/**
 * The library's public face: what the command line does, as functions over a connection and plain values.
 * Every error thrown on purpose is a {@link ForecastLabError} of the catalog.
 */

export {
  type CalendarFill,
  type CalendarRange,
  type CalendarRemoval,
  type CalendarRemovalRequest,
  fillCalendar,
  type Holiday,
  publicHolidays,
  type Region,
  removeDays,
} from "./calendar/index.ts";
export {
  type Client,
  type Database,
  databaseOf,
  withClient,
  withTransaction,
} from "./database/connection.ts";
export { withDatabase } from "./database/open.ts";
export { readSettings, type Settings } from "./database/settings.ts";
export { catalog, type ErrorCode, ForecastLabError, type RejectCode, rejectCodes } from "./errors.ts";
export {
  type AuditCheck,
  type AuditReport,
  type AuditRequest,
  auditFrame,
  auditRefusal,
  buildFrame,
  type Counts,
  type Difference,
  type DriverName,
  driverNames,
  type FrameDefinition,
  type FrameFormat,
  type FramePhase,
  type FrameProgress,
  type FrameRequest,
  type FrameResult,
  type FrameSpec,
  type Manifest,
  type ManifestColumn,
  type ManifestFile,
  type MissingPrices,
  type NotReconstructed,
  type PlotStyle,
  type PlottedDay,
  type PlottedSeries,
  parseSpec,
  readSeries,
  readSpec,
  renderPlot,
  resolveSpec,
  type SpecInput,
  type Strip,
  specHash,
} from "./frame/index.ts";
export {
  type CreatedRows,
  type DuplicatePolicy,
  type GivenRow,
  type GivenRows,
  type LoadCounts,
  type LoadedBefore,
  type LoadedFile,
  type LoadedMonth,
  type LoadPhase,
  type LoadProgress,
  type LoadRequest,
  type LoadResult,
  type LoadRun,
  type LoadRunsOptions,
  load,
  loadRefusal,
  loadRuns,
  type Mapping,
  type MaxRejects,
  type Method,
  parseMapping,
  type Reject,
  readMapping,
  type Unload,
  type UnloadObstacle,
  type UnloadOptions,
  unload,
  unloadRefusal,
} from "./ingest/index.ts";
export { downgrade, stamp, upgrade } from "./migration/index.ts";
export {
  exportQuery,
  type ListTablesOptions,
  listTables,
  type QueryColumn,
  type QueryExport,
  type QueryExportOptions,
  type QueryFormat,
  type QueryOptions,
  type QueryResult,
  type QueryRow,
  type QueryRows,
  query,
  type WarehouseTable,
  withQuery,
} from "./query/index.ts";
export {
  type NetNegativeDay,
  type NetNegativePolicy,
  netNegativePolicies,
  type RollUpOptions,
  type Rollup,
  rollUp,
} from "./rollup/index.ts";
export {
  type ColumnKind,
  type ContractColumn,
  contractOf,
  type Reference,
  type TableContract,
} from "./schema/contracts.ts";
export * as schema from "./schema/index.ts";
export * from "./schema/records.ts";
export { type TableName, tableNames, tables } from "./schema/tables.ts";
