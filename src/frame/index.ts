/** Training frames: from the warehouse to tables that a forecaster trains on and predicts with; see docs/frames.md. */

export { type AuditRequest, auditFrame } from "./audit/audit.ts";
export { auditRefusal } from "./audit/refusal.ts";
export type { AuditCheck, AuditReport, Difference } from "./audit/report.ts";
export type { Column } from "./columns.ts";
export { dateOf, dayOf } from "./days.ts";
export type { FrameDefinition } from "./definition.ts";
export { checkDefinition } from "./definition.ts";
export type { Driver } from "./drivers/driver.ts";
export type { Dtypes } from "./dtypes.ts";
export { buildFrames, type FramesRequest, type FramesResult } from "./folds/build-frames.ts";
export { type FoldsRequest, foldCutoffs } from "./folds/fold-cutoffs.ts";
export { type VisitedBlock, type VisitedFolds, visitFolds } from "./folds/visit-folds.ts";
export {
  buildFrame,
  type FramePhase,
  type FrameProgress,
  type FrameRequest,
  type FrameResult,
  type WithReader,
} from "./frame.ts";
export {
  type Freq,
  freqs,
  type Grain,
  grainOf,
  lastComplete,
  type Period,
  type Weekday,
  weekdays,
} from "./grain.ts";
export type {
  Counts,
  Manifest,
  ManifestColumn,
  ManifestFile,
  MissingPrices,
  NotReconstructed,
} from "./manifest.ts";
export type { FrameFormat } from "./output/index.ts";
export {
  type PlotPageOptions,
  type PlotStep,
  type PlotStyle,
  type PlottedDay,
  type PlottedSeries,
  readSeries,
  renderPlot,
  renderPlotPage,
  requirePageFile,
  type Strip,
  type WrittenPlotPage,
  writePlotPage,
} from "./plot/index.ts";
export {
  frameReadiness,
  type ReadinessReport,
  type ReadinessRequest,
  type SeriesReadiness,
} from "./readiness/readiness.ts";
export { readinessReasons } from "./readiness/reasons.ts";
export { type ReadinessStatus, type Reason, type ReasonCode, readinessStatuses } from "./readiness/rule.ts";
export type { ReadinessSummary } from "./readiness/summary.ts";
export type { Fold } from "./scope.ts";
export { withSnapshot } from "./source/snapshot.ts";
export {
  type DriverName,
  driverNames,
  type FrameSpec,
  parseSpec,
  readSpec,
  resolveSpec,
  type SpecInput,
  specHash,
} from "./specification/index.ts";
export type { FrameCell } from "./stream/cells.ts";
export { frameBatches } from "./stream/frame-batches.ts";
export { type FrameRow, frameRows } from "./stream/frame-rows.ts";
export type { FrameStream, FrameStreamRequest } from "./stream/frame-stream.ts";
