import { fail } from "../errors.ts";
import type { MonthChanges } from "./publish/month-plan.ts";
import type { Examined } from "./rows/validate-rows.ts";

/** How many rows may be rejected for the others to be published. */
export type MaxRejects = { readonly rows: number } | { readonly percent: number };

/** Dimension rows a load adds for what its rows refer to. */
export type Created = Readonly<Record<"store" | "product" | "calendar", number>>;

/**
 * The account of a load: `source_rows = filtered + read`, and
 * `read = inserted + updated + unchanged + duplicates + rejected + withheld`.
 */
export interface Account extends Examined, MonthChanges {
  readonly rejected: number;
  /** How many rows were allowed to be rejected. */
  readonly max_rejects: number;
  /** Fit to be published, and not published because too many others were rejected. */
  readonly withheld: number;
  /** Whether the warehouse holds what the files bring: not after a dry run, nor when too many rows were rejected. */
  readonly published: boolean;
  readonly dry_run: boolean;
}

/** How many of the rows read may be rejected. */
export function allowedRejects(maxRejects: MaxRejects, read: number): number {
  return "rows" in maxRejects ? maxRejects.rows : Math.floor((read * maxRejects.percent) / 100 + 1e-9);
}

/** @throws INTERNAL when not every row is accounted for */
export function requireIdentity(account: Account): Account {
  const { read, inserted, updated, unchanged, duplicates, rejected, withheld } = account;
  const accounted = inserted + updated + unchanged + duplicates + rejected + withheld;
  if (read === accounted && account.source_rows === account.filtered + read) return account;
  throw fail("INTERNAL", { reason: `${read} rows were read and ${accounted} are accounted for` });
}
