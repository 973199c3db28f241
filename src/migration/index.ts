/** How the warehouse's schema changes: revisions on disk, what a database has applied, and the ways between them. */

export { downgrade, type Migrated, type Stamped, stamp, upgrade } from "./apply/migrate.ts";
export { script } from "./apply/script.ts";
export { type HistoryEntry, type Status, status } from "./apply/status.ts";
export { type Catalog, type CatalogObject, readCatalog } from "./check/catalog.ts";
export { type CheckReport, check, type Finding, type Topic } from "./check/check.ts";
export { compareCatalogs, type Difference, describe } from "./check/compare-catalogs.ts";
export { type Reference, replay } from "./check/replay.ts";
export { revision, type Written } from "./generate/revise.ts";
export { type Revision, readRevisions } from "./revisions/revisions.ts";
