/** How the warehouse's schema changes: revisions on disk, what a database has applied, and the ways between them. */
export { type Catalog, type CatalogObject, readCatalog } from "./catalog.ts";
export { type CheckReport, check, type Finding, type Topic } from "./check.ts";
export { compareCatalogs, type Difference, describe } from "./compare.ts";
export { downgrade, type Migrated, type Stamped, stamp, upgrade } from "./migrate.ts";
export { type Reference, replay } from "./replay.ts";
export { revision, type Written } from "./revise.ts";
export { type Revision, readRevisions } from "./revisions.ts";
export { script } from "./script.ts";
export { type HistoryEntry, type Status, status } from "./status.ts";
