import { type Client, withTransaction } from "../../database/connection.ts";
import { currentSchema } from "../../database/current-schema.ts";
import {
  type LedgerRow,
  ledgerSql,
  ledgerState,
  readLedger,
  requireAgreement,
} from "../revisions/revision-table.ts";
import { findRevision, type Revision, readRevisions } from "../revisions/revisions.ts";
import { type ApplyOptions, applySteps } from "./apply-steps.ts";
import {
  type DowngradeTarget,
  planDowngrade,
  planUpgrade,
  type Step,
  type UpgradeTarget,
} from "./migration-plan.ts";
import { type Target, withMigrationLock, withTarget } from "./session.ts";

export interface Migrated {
  readonly schema: string;
  /** The revision before; null: base. */
  readonly from: string | null;
  /** The revision now; null: base. */
  readonly to: string | null;
  /** The last revision there is. */
  readonly head: string | null;
  readonly steps: readonly {
    readonly revision: string;
    readonly direction: "up" | "down";
    readonly elapsed_ms: number;
  }[];
}

/**
 * Brings the warehouse's schema up to a target (default: `head`). Works in the connection's current schema, under
 * its migration lock: of two at once, one waits and then finds nothing left to do.
 *
 * @throws REVISION_* and LEDGER_MISMATCH when files, ledger or target do not fit; REVISION_FAILED,
 * REVISION_HALF_DONE, DATABASE_* when the server refuses; SCHEMA_NOT_CHOSEN
 */
export async function upgrade(
  options: Target & ApplyOptions & { readonly target?: UpgradeTarget | undefined },
): Promise<Migrated> {
  return migrate(options, (chain, appliedCount) =>
    planUpgrade(chain, appliedCount, options.target ?? "head"),
  );
}

/**
 * Takes the warehouse's schema back to a target; at `base` nothing is left, not even the ledger.
 *
 * @throws as {@link upgrade}, and REVISION_IRREVERSIBLE
 */
export async function downgrade(
  options: Target & ApplyOptions & { readonly target: DowngradeTarget },
): Promise<Migrated> {
  return migrate(options, (chain, appliedCount) => planDowngrade(chain, appliedCount, options.target));
}

async function migrate(
  options: Target & ApplyOptions,
  plan: (chain: readonly Revision[], appliedCount: number) => Step[],
): Promise<Migrated> {
  const chain = readRevisions(options.folder);
  return withTarget(options, async (client) => {
    const schema = await currentSchema(client);
    return withMigrationLock(client, schema, options, async () => {
      const state = ledgerState(chain, (await readLedger(client, schema)) ?? []);
      requireAgreement(chain, state);
      const planned = plan(chain, state.appliedCount);
      const steps: Migrated["steps"][number][] = [];
      await applySteps(client, schema, planned, {
        ...options,
        onStep: (step, elapsed_ms) => {
          steps.push({ revision: step.revision.id, direction: step.direction, elapsed_ms });
          options.onStep?.(step, elapsed_ms);
        },
      });
      const ups = planned[0]?.direction === "up";
      const end = state.appliedCount + (ups ? planned.length : -planned.length);
      return {
        schema,
        from: idAt(chain, state.appliedCount),
        to: idAt(chain, end),
        head: idAt(chain, chain.length),
        steps,
      };
    });
  });
}

const idAt = (chain: readonly Revision[], count: number) => chain[count - 1]?.id ?? null;

export interface Stamped {
  readonly schema: string;
  readonly to: string | null;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Revisions whose checksum was brought up to the file's. */
  readonly refreshed: readonly string[];
}

/**
 * Writes into the ledger that exactly the revisions up to the target are applied, as their files are now, without
 * running anything. Target: a revision, `head` or `base`.
 *
 * @throws REVISION_UNKNOWN, REVISION_AMBIGUOUS, SCHEMA_NOT_CHOSEN, DATABASE_*
 */
export async function stamp(options: Target & { readonly target: string }): Promise<Stamped> {
  const chain = readRevisions(options.folder);
  const upTo = chain.slice(0, stampCount(chain, options.target));
  return withTarget(options, async (client) => {
    const schema = await currentSchema(client);
    return withMigrationLock(client, schema, options, () =>
      withTransaction(client, async () => {
        const changes = stampChanges(upTo, (await readLedger(client, schema)) ?? []);
        await writeStamp(client, schema, upTo, changes);
        return { schema, to: upTo.at(-1)?.id ?? null, ...changes };
      }),
    );
  });
}

function stampCount(chain: readonly Revision[], target: string): number {
  if (target === "base") return 0;
  return target === "head" ? chain.length : chain.indexOf(findRevision(chain, target)) + 1;
}

function stampChanges(upTo: readonly Revision[], ledger: readonly LedgerRow[]) {
  const stored = new Map(ledger.map(({ id, checksum }) => [id, checksum]));
  const wanted = new Set(upTo.map(({ id }) => id));
  return {
    added: upTo.filter(({ id }) => !stored.has(id)).map(({ id }) => id),
    removed: ledger.map(({ id }) => id).filter((id) => !wanted.has(id)),
    refreshed: upTo
      .filter(({ id, checksum }) => (stored.get(id) ?? checksum) !== checksum)
      .map(({ id }) => id),
  };
}

async function writeStamp(
  client: Client,
  schema: string,
  upTo: readonly Revision[],
  { added, removed, refreshed }: Pick<Stamped, "added" | "removed" | "refreshed">,
): Promise<void> {
  const [dropped, written] = [[...removed, ...refreshed], new Set([...added, ...refreshed])];
  if (dropped.length === 0 && written.size === 0) return;
  await client.query(ledgerSql.create(schema));
  for (const id of dropped) await client.query(ledgerSql.delete({ id }, schema));
  for (const revision of upTo)
    if (written.has(revision.id)) await client.query(ledgerSql.insert(revision, schema));
  if (upTo.length === 0) await client.query(ledgerSql.drop(schema));
}
