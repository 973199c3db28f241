export type { Account, MaxRejects } from "./conclude.ts";
export { type DuplicatePolicy, duplicatePolicies, type LoadRequest, type LoadResult, load } from "./load.ts";
export { type Mapping, parseMapping, readMapping } from "./mapping.ts";
export type { Reject } from "./rejects.ts";
export { type Phase, type Progress, phases } from "./stopwatch.ts";
