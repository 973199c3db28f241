export type { Account, Created, MaxRejects } from "./counts.ts";
export { type DuplicatePolicy, duplicatePolicies } from "./duplicate-policy.ts";
export { type LoadRun, loadRuns } from "./ledger/load-runs.ts";
export type { LoadedBefore } from "./ledger/recognize.ts";
export { type LoadRequest, type LoadResult, load, requireTable } from "./load.ts";
export { type Mapping, parseMapping, readMapping } from "./mapping.ts";
export { type LoadPhase, type LoadProgress, loadPhases } from "./phases.ts";
export type { Method } from "./publish/month-plan.ts";
export type { Reject } from "./rows/rejects.ts";
