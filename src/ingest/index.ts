export type { Account, Created, MaxRejects } from "./account.ts";
export type { Reject } from "./check/rejects.ts";
export { type LoadRequest, type LoadResult, load, requireTable } from "./load.ts";
export { type Mapping, parseMapping, readMapping } from "./mapping.ts";
export { type DuplicatePolicy, duplicatePolicies } from "./policy.ts";
export type { Method } from "./publish/plan.ts";
export type { LoadedBefore } from "./recognize.ts";
export { type LoadRun, loadRuns } from "./runs.ts";
export { type Phase, type Progress, phases } from "./stopwatch.ts";
