import type { Month } from "../../database/months.ts";
import type { MonthChanges } from "../counts.ts";

/* Pure functions: from the counts of a month to what is done with it. */

/** Where the rows of a month are stored. A table that is not partitioned counts as one month, null. */
export type Home =
  /** Nowhere yet: the month has no partition, and the default partition has no row of it. */
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

/** Which stored rows of a month a load is compared with: none, those with its keys, or all. */
export type Fetch = "none" | "keys" | "all";

export function fetchOf({ home, staged, stored }: MonthState): Fetch {
  if (home.kind === "none" || stored === 0) return "none";
  // A key takes a COPY into the server and an index lookup; a row takes less than a third of that (ADR 0016).
  return stored > 4 * staged + 1_000 ? "keys" : "all";
}

/** What is done with a month; see {@link methodOf}. */
export type Method = "attach" | "merge" | "rebuild" | "unchanged";

/**
 * The share of changed rows above which writing the whole month again is faster than changing rows, measured on
 * `sales_daily` (ADR 0016).
 */
export const rebuildShare = 0.15;
/** Fewer changed rows are merged in any case: a swap needs a lock, for which readers have to wait. */
const leastToRebuild = 5_000;

/**
 * - `unchanged`: nothing is written
 * - `attach`: the month is empty; its partition is built next to the table
 * - `merge`: new rows are inserted, rows that differ are updated
 * - `rebuild`: the merged month is built next to the old one and replaces it; also if its rows are in the default partition
 *
 * @param replaceable whether a partition may be replaced: not if the table has columns that the model does not know
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

/** A month and what is done with it, for results and the ledger. */
export interface MonthPlan extends MonthState, MonthChanges {
  readonly method: Method;
}
