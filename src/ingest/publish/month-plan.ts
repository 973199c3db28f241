import type { Month } from "../../database/months.ts";

/* Pure: from counts to what is done with a month. */

/** Where the rows of a month stand. A table that is not partitioned counts as one month, null. */
export type Home =
  /** Nowhere yet: the month has no partition, and no row of it waits in the default one. */
  | { readonly kind: "none" }
  /** In a partition of its own. */
  | { readonly kind: "month"; readonly relation: string }
  /** In the default partition, where plain SQL puts rows of a month without one. */
  | { readonly kind: "default"; readonly relation: string }
  /** In a partition that holds other months too, or in a table that is not partitioned. */
  | { readonly kind: "shared"; readonly relation: string };

/** What is known of a month before its rows are compared. */
export interface MonthState {
  readonly month: Month | null;
  /** Rows the load brings. */
  readonly staged: number;
  readonly home: Home;
  /** Rows its relation holds, estimated from its size; 0 only if there is none. */
  readonly stored: number;
}

/** How the stored rows that a load is compared with are fetched: not at all, those of its keys, or all. */
export type Fetch = "none" | "keys" | "all";

export function fetchOf({ home, staged, stored }: MonthState): Fetch {
  if (home.kind === "none" || stored === 0) return "none";
  // A key costs a COPY into the server and a look into an index, a row less than a third of that (ADR 0016).
  return stored > 4 * staged + 1_000 ? "keys" : "all";
}

/** What a load changes in a month. */
export interface MonthChanges {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

export type Method = "attach" | "merge" | "rebuild" | "unchanged";

/**
 * Where changing rows becomes dearer than writing the month anew: the share of changed rows in it, measured on
 * `sales_daily` (ADR 0016). Few rows are merged in any case: a swap needs a lock that readers feel.
 */
export const rebuildShare = 0.15;
const leastToRebuild = 5_000;

/**
 * - `unchanged`: nothing is written
 * - `attach`: the month is empty; its partition is built beside the table
 * - `merge`: new rows are inserted, differing ones updated
 * - `rebuild`: the merged month is built beside the old one and takes its place; so does one that waits in the default
 *   partition
 *
 * @param replaceable whether a partition may be replaced: not where the table has columns the model does not know
 */
export function methodOf(state: MonthState, changes: MonthChanges, replaceable: boolean): Method {
  const { home, stored } = state;
  const changed = changes.inserted + changes.updated;
  if (changed === 0) return "unchanged";
  if (home.kind === "shared") return "merge";
  if (home.kind === "none" || stored === 0) return "attach";
  if (!replaceable) return "merge";
  if (home.kind === "default") return "rebuild";
  const total = stored + changes.inserted;
  return changed >= leastToRebuild && changed > total * rebuildShare ? "rebuild" : "merge";
}

/** A month with what is done to it, as results and the ledger tell it. */
export interface MonthPlan extends MonthState, MonthChanges {
  readonly method: Method;
}

export const totalOf = (months: readonly MonthChanges[]): MonthChanges => ({
  inserted: months.reduce((sum, { inserted }) => sum + inserted, 0),
  updated: months.reduce((sum, { updated }) => sum + updated, 0),
  unchanged: months.reduce((sum, { unchanged }) => sum + unchanged, 0),
});
