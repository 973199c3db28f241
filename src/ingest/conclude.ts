import type { Client } from "../database/connection.ts";
import { fail } from "../errors.ts";
import type { Examined } from "./examine.ts";
import type { LoadPlan } from "./plan.ts";
import { type Published, publish } from "./publish.ts";
import type { Spooled } from "./spool.ts";

/** How many rows may be rejected for the others to be published. */
export type MaxRejects = { readonly rows: number } | { readonly percent: number };

/**
 * The account of a load: `source_rows = filtered + read`, and
 * `read = inserted + updated + unchanged + duplicates + rejected + withheld`.
 */
export interface Account extends Examined, Published {
  readonly rejected: number;
  /** How many rows were allowed to be rejected. */
  readonly max_rejects: number;
  /** Fit to be published, and not published because too many others were rejected. */
  readonly withheld: number;
  /** False after a dry run, whose counts say what would have been, and when too many rows were rejected. */
  readonly published: boolean;
  readonly dry_run: boolean;
}

/**
 * Publishes unless too much was rejected, and makes sure before the commit that every row read is accounted for.
 *
 * @throws INTERNAL when it is not, and what {@link publish} throws
 */
export async function conclude(
  client: Client,
  plan: LoadPlan,
  spooled: Spooled,
  examined: Examined,
  options: { rejected: number; maxRejects: MaxRejects; dryRun: boolean; signal: AbortSignal | undefined },
): Promise<Account> {
  const { rejected, maxRejects, dryRun, signal } = options;
  const allowed =
    "rows" in maxRejects ? maxRejects.rows : Math.floor((examined.read * maxRejects.percent) / 100 + 1e-9);
  const common = { ...examined, rejected, max_rejects: allowed, dry_run: dryRun };
  if (rejected > allowed) {
    const none = { inserted: 0, updated: 0, unchanged: 0, withheld: spooled.rows, published: false };
    return requireIdentity({ ...common, ...none });
  }
  const account = (counts: Published): Account =>
    requireIdentity({ ...common, ...counts, withheld: 0, published: !dryRun });
  const beforeCommit = (counts: Published) => void account(counts);
  return account(await publish(client, plan.contract, spooled, { dryRun, signal, beforeCommit }));
}

function requireIdentity(account: Account): Account {
  const { read, inserted, updated, unchanged, duplicates, rejected, withheld } = account;
  const accounted = inserted + updated + unchanged + duplicates + rejected + withheld;
  if (read === accounted && account.source_rows === account.filtered + read) return account;
  throw fail("INTERNAL", { reason: `${read} rows were read and ${accounted} are accounted for` });
}
