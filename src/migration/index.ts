/**
 * How the schema of the warehouse changes: revisions on disk, the revisions that a database has applied, and the steps
 * between them.
 */

export type { ApplyOptions } from "./apply/apply-steps.ts";
export { type Loss, lossText } from "./apply/losses.ts";
export {
  type DowngradeOptions,
  downgrade,
  type MigrationPreview,
  type MigrationResult,
  type PreviewOptions,
  preview,
  type UpgradeOptions,
  upgrade,
} from "./apply/migrate.ts";
export type { DowngradeTarget, Step, UpgradeTarget } from "./apply/migration-plan.ts";
export { type ScriptOptions, script } from "./apply/script.ts";
export type { LockOptions, MigrationOptions, Place } from "./apply/session.ts";
export { type StampOptions, type StampResult, stamp } from "./apply/stamp.ts";
export { type HistoryEntry, type Status, status } from "./apply/status.ts";
export { type Catalog, type CatalogObject, readCatalog } from "./check/catalog.ts";
export { type CheckOptions, type CheckReport, check } from "./check/check.ts";
export { compareCatalogs, type Difference, differenceText } from "./check/compare-catalogs.ts";
export type { Finding, Topic } from "./check/findings.ts";
export { type Replay, type ReplayOptions, replay } from "./check/replay.ts";
export type { Model } from "./generate/snapshot.ts";
export { type RevisionOptions, type RevisionResult, writeRevision } from "./generate/write-revision.ts";
export {
  findRevision,
  headsOf,
  type Revision,
  readRevisionFiles,
  readRevisions,
  type Section,
} from "./revisions/revisions.ts";
