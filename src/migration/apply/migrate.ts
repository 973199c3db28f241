import { currentSchema } from "../../database/current-schema.ts";
import * as kinds from "../../system/arguments.ts";
import { appliedState, readRevisionTable, requireAgreement } from "../revisions/revision-table.ts";
import { type Revision, readRevisions } from "../revisions/revisions.ts";
import { type ApplyOptions, applySteps } from "./apply-steps.ts";
import {
  type DowngradeTarget,
  downgradeSteps,
  type Step,
  type UpgradeTarget,
  upgradeSteps,
} from "./migration-plan.ts";
import {
  type LockOptions,
  type MigrationOptions,
  type Place,
  withConnection,
  withMigrationLock,
} from "./session.ts";

/** Options of {@link upgrade}. */
export interface UpgradeOptions extends MigrationOptions, LockOptions, ApplyOptions {
  /** `head`, `+N`, or a revision. Default: `head`. */
  readonly target?: UpgradeTarget | undefined;
}

/** Options of {@link downgrade}. */
export interface DowngradeOptions extends MigrationOptions, LockOptions, ApplyOptions {
  /** `base`, `-N`, or the revision to return to. */
  readonly target: DowngradeTarget;
}

/** What an upgrade or downgrade did. */
export interface MigrationResult {
  /** The schema that was migrated. */
  readonly schema: string;
  /** The last applied revision before; null if there was none (base). */
  readonly from: string | null;
  /** The last applied revision now; null if there is none (base). */
  readonly to: string | null;
  /** The last revision on disk; null if there is none. */
  readonly head: string | null;
  /** One element per revision that ran, in order; empty if there was nothing to do. */
  readonly steps: readonly {
    readonly revision: string;
    readonly direction: "up" | "down";
    readonly elapsed_ms: number;
  }[];
}

/**
 * Upgrades the schema of the warehouse to a target. It works in the current schema of the connection and holds the migration
 * lock of that schema: if several upgrades start at once, one runs and the others wait and then find nothing to do.
 *
 * @param place the database, or an open connection
 * @returns the revisions before and after, and each step with its duration
 * @throws REVISION_FILE_INVALID, REVISION_CHAIN_INVALID or REVISION_HEADS if the files on disk are not valid;
 * REVISION_UNKNOWN, REVISION_AMBIGUOUS or REVISION_OUT_OF_REACH if the target is not; LEDGER_MISMATCH or REVISION_EDITED if
 * the files and the revision table contradict each other; REVISION_FAILED if a statement fails and its revision is rolled
 * back; REVISION_HALF_DONE if that happens outside a transaction; SCHEMA_NOT_CHOSEN; DATABASE_* if the server refuses
 * @example
 * ```ts
 * import { databaseOf } from "forecastlab";
 * import { upgrade } from "forecastlab/migration";
 *
 * const database = databaseOf("postgresql://localhost/warehouse");
 * const { from, to, steps } = await upgrade(database);
 * console.log(`${from ?? "base"} -> ${to}: ${steps.length} revisions applied`);
 * ```
 */
export async function upgrade(place: Place, options: UpgradeOptions = {}): Promise<MigrationResult> {
  return migrate(place, options, (chain, appliedCount) =>
    upgradeSteps(chain, appliedCount, options.target ?? "head"),
  );
}

/**
 * Downgrades the schema of the warehouse to a target: reverts the revisions after it, the last one first. The data of
 * dropped tables and columns is lost. At `base` nothing is left, not even the revision table.
 *
 * @param place the database, or an open connection
 * @returns the revisions before and after, and each step with its duration
 * @throws REVISION_IRREVERSIBLE, before anything is reverted, if a revision has no downgrade; and as {@link upgrade}
 * @example
 * ```ts
 * import { databaseOf } from "forecastlab";
 * import { downgrade } from "forecastlab/migration";
 *
 * const database = databaseOf("postgresql://localhost/warehouse");
 * const { to } = await downgrade(database, { target: "-1" });
 * console.log(`now at ${to ?? "base"}`);
 * ```
 */
export async function downgrade(place: Place, options: DowngradeOptions): Promise<MigrationResult> {
  return migrate(place, options, (chain, appliedCount) =>
    downgradeSteps(chain, appliedCount, options.target),
  );
}

async function migrate(
  place: Place,
  options: MigrationOptions & LockOptions & ApplyOptions,
  plan: (chain: readonly Revision[], appliedCount: number) => Step[],
): Promise<MigrationResult> {
  kinds.requireArguments("The migration", { place, options }, { place: kinds.object, options: kinds.object });
  kinds.requireArguments("The migration", options, {
    "target?": kinds.text,
    "folder?": kinds.text,
    "signal?": kinds.signal,
  });
  const chain = readRevisions(options.folder);
  return withConnection(place, options.signal, async (client) => {
    const schema = await currentSchema(client);
    return withMigrationLock(client, schema, options, async () => {
      const state = appliedState(chain, await readRevisionTable(client, schema));
      requireAgreement(chain, state);
      const planned = plan(chain, state.appliedCount);
      const steps: MigrationResult["steps"][number][] = [];
      await applySteps(client, schema, planned, {
        ...options,
        onStep: (step, elapsed_ms) => {
          steps.push({ revision: step.revision.id, direction: step.direction, elapsed_ms });
          options.onStep?.(step, elapsed_ms);
        },
      });
      const upwards = planned[0]?.direction === "up";
      const end = state.appliedCount + (upwards ? planned.length : -planned.length);
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
