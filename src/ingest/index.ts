/** Files into a table of the warehouse: `load` is the way through it. */
export type { CreatedRows, DuplicateCounts, LoadCounts, MaxRejects } from "./counts.ts";
export { type DuplicatePolicy, duplicatePolicies } from "./duplicate-policy.ts";
export { type LoadRun, type LoadRunsOptions, loadRuns } from "./ledger/load-runs.ts";
export type { LoadedBefore } from "./ledger/recognize.ts";
export { load } from "./load.ts";
export { type LoadRequest, requireTable } from "./load-request.ts";
export { type LoadedFile, type LoadedMonth, type LoadResult, loadRefusal } from "./load-result.ts";
export { type Mapping, parseMapping, readMapping } from "./mapping.ts";
export { type LoadPhase, type LoadProgress, loadPhases } from "./phases.ts";
export type { Method } from "./publish/month-plan.ts";
export type { Reject } from "./rows/rejects.ts";
export type { GivenRow, GivenRows } from "./source/given-rows.ts";
export {
  type Unload,
  type UnloadObstacle,
  type UnloadOptions,
  unload,
  unloadRefusal,
} from "./unload/unload.ts";
