import { fail } from "../errors.ts";

/** How many rows may be rejected for the others to be published: a number, or a percentage of the rows read. */
export type MaxRejects = { readonly rows: number } | { readonly percent: number };

/** How many rows a load adds to each dimension for what its rows refer to. */
export type CreatedRows = Readonly<Record<"store" | "product" | "calendar", number>>;

/** Rows that were folded into another row of their grain, by why. */
export interface DuplicateCounts {
  /** Rows that the mapping's `collapse` aggregated. */
  readonly collapse: number;
  /** Rows that were dropped because they equal another in every column. */
  readonly equal: number;
  /** Rows that were dropped because the policy keeps the first or the last of rows that differ. */
  readonly first: number;
  readonly last: number;
  /** Rows that were added up under the policy `sum`, equal ones included. */
  readonly sum: number;
}

export const noDuplicates: DuplicateCounts = { collapse: 0, equal: 0, first: 0, last: 0, sum: 0 };

/** What validation found in the files. */
export interface ValidationCounts {
  /** Records in the files: `filtered + read`. */
  readonly source_rows: number;
  /** Rows that the mapping's filter left out. */
  readonly filtered: number;
  readonly read: number;
  /** Rows that were folded into another row of their grain. */
  readonly duplicates: number;
  /** The same by why; adds up to `duplicates`. */
  readonly duplicates_by: DuplicateCounts;
  readonly created: CreatedRows;
}

/** What a load changes in a month, or in all its months together. */
export interface MonthChanges {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/**
 * The counts of a load, which always add up: `source_rows = filtered + read`, and
 * `read = inserted + updated + unchanged + duplicates + rejected + withheld`.
 */
export interface LoadCounts extends ValidationCounts, MonthChanges {
  readonly rejected: number;
  /** How many rows were allowed to be rejected. */
  readonly max_rejects: number;
  /** Valid rows that were not published because too many others were rejected. */
  readonly withheld: number;
  /** Whether the warehouse holds the rows of the files: not after a dry run, nor when too many rows were rejected. */
  readonly published: boolean;
  readonly dry_run: boolean;
}

/** The sum of what a load changes in its months. */
export const totalOf = (months: readonly MonthChanges[]): MonthChanges => ({
  inserted: months.reduce((sum, { inserted }) => sum + inserted, 0),
  updated: months.reduce((sum, { updated }) => sum + updated, 0),
  unchanged: months.reduce((sum, { unchanged }) => sum + unchanged, 0),
});

/** How many of the rows read may be rejected. */
export function allowedRejects(maxRejects: MaxRejects, read: number): number {
  return "rows" in maxRejects ? maxRejects.rows : Math.floor((read * maxRejects.percent) / 100 + 1e-9);
}

/** What is known of a load before it is published. */
export interface ValidationOutcome {
  readonly validated: ValidationCounts;
  readonly rejected: number;
  /** How many rows were allowed to be rejected. */
  readonly allowed: number;
  readonly dryRun: boolean;
}

/**
 * The counts of a load that makes these changes, or withholds these rows.
 *
 * @throws INTERNAL when a row is not accounted for
 */
export function loadCounts(
  { validated, rejected, allowed, dryRun }: ValidationOutcome,
  { inserted, updated, unchanged }: MonthChanges,
  withheld = 0,
): LoadCounts {
  const { source_rows, filtered, read, duplicates } = validated;
  const accounted = inserted + updated + unchanged + duplicates + rejected + withheld;
  if (read !== accounted || source_rows !== filtered + read) {
    throw fail("INTERNAL", { reason: `${read} rows were read and ${accounted} are accounted for` });
  }
  return {
    ...validated,
    ...{ inserted, updated, unchanged, rejected, max_rejects: allowed, withheld },
    published: !dryRun && withheld === 0 && rejected <= allowed,
    dry_run: dryRun,
  };
}
