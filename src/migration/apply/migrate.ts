import type { Client } from "../../database/connection.ts";
import { currentSchema } from "../../database/current-schema.ts";
import { fail } from "../../errors.ts";
import * as kinds from "../../system/arguments.ts";
import { appliedState, readRevisionTable, requireAgreement } from "../revisions/revision-table.ts";
import { type Revision, readRevisions } from "../revisions/revisions.ts";
import { type ApplyOptions, applySteps, refuseIrreversible } from "./apply-steps.ts";
import { type Loss, lossesOf, lossText } from "./losses.ts";
import {
  type DowngradeTarget,
  downgradeSteps,
  type Step,
  type UpgradeTarget,
  upgradeSteps,
} from "./migration-plan.ts";
import { scriptText } from "./script.ts";
import {
  type LockOptions,
  type MigrationOptions,
  type Place,
  requireMigrationArguments,
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
  /**
   * Whether data may be lost: true, or a function that gets the data that would be lost and decides. It is called before
   * anything is changed, and only if there is such data. Default: false, which refuses with DOWNGRADE_LOSES_ROWS.
   */
  readonly loseRows?: boolean | ((losses: readonly Loss[]) => boolean | Promise<boolean>) | undefined;
}

/** Options of {@link preview}. */
export interface PreviewOptions extends MigrationOptions {
  readonly direction: "up" | "down";
  /** As of {@link upgrade} or {@link downgrade}. */
  readonly target: UpgradeTarget | DowngradeTarget;
}

/** What an upgrade or downgrade would do now. */
export interface MigrationPreview extends Pick<MigrationResult, "schema" | "from" | "to" | "head"> {
  /** One element per revision that would run, in order, with its own statements; empty if there is nothing to do. */
  readonly steps: readonly {
    readonly revision: string;
    readonly direction: "up" | "down";
    /** False if its statements would be committed one by one. */
    readonly transactional: boolean;
    readonly sql: string;
  }[];
  /** The data that would be lost. */
  readonly losses: readonly Loss[];
  /** A script for psql that does the same. */
  readonly sql: string;
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
  requireMigrationArguments("upgrade", { place, options }, { "target?": kinds.text, ...ofLocks });
  return migrate(place, options, (chain, appliedCount) =>
    upgradeSteps(chain, appliedCount, options.target ?? "head"),
  );
}

/**
 * Downgrades the schema of the warehouse to a target: reverts the revisions after it, the last one first. The data of
 * dropped tables and columns is lost, so it is refused if there is any, unless `loseRows` allows it. At `base` nothing is
 * left, not even the revision table.
 *
 * @param place the database, or an open connection
 * @returns the revisions before and after, and each step with its duration
 * @throws REVISION_IRREVERSIBLE or DOWNGRADE_LOSES_ROWS, before anything is reverted, if a revision has no downgrade or data
 * would be lost; and as {@link upgrade}
 * @example
 * ```ts
 * import { databaseOf } from "forecastlab";
 * import { downgrade } from "forecastlab/migration";
 *
 * const database = databaseOf("postgresql://localhost/warehouse");
 * const { to } = await downgrade(database, { target: "-1", loseRows: true });
 * console.log(`now at ${to ?? "base"}`);
 * ```
 */
export async function downgrade(place: Place, options: DowngradeOptions): Promise<MigrationResult> {
  requireMigrationArguments("downgrade", { place, options }, { target: kinds.text, ...ofLocks });
  return migrate(
    place,
    options,
    (chain, appliedCount) => downgradeSteps(chain, appliedCount, options.target),
    (client, steps) => requireConsent(client, steps, options.loseRows ?? false),
  );
}

const ofLocks = { "onWait?": kinds.callback, "lockWait_s?": kinds.wholeNumber };

async function requireConsent(
  client: Client,
  steps: readonly Step[],
  loseRows: NonNullable<DowngradeOptions["loseRows"]>,
): Promise<void> {
  refuseIrreversible(steps);
  if (loseRows === true) return;
  const losses = await lossesOf(client, steps);
  if (losses.length === 0 || (loseRows !== false && (await loseRows(losses)))) return;
  throw fail("DOWNGRADE_LOSES_ROWS", { losses: losses.map(lossText).join(", ") });
}

/**
 * What an upgrade or downgrade would do now: the revisions, their SQL and the data that would be lost. Changes nothing and
 * takes no lock, so it needs only the right to read.
 *
 * @param place the database, or an open connection
 * @returns the revisions before and after, each step with its SQL, and the rows and values that would be deleted
 * @throws REVISION_IRREVERSIBLE; and as {@link upgrade}, except for what fails when a revision runs
 * @example
 * ```ts
 * import { databaseOf } from "forecastlab";
 * import { preview } from "forecastlab/migration";
 *
 * const database = databaseOf("postgresql://localhost/warehouse");
 * const { steps, losses } = await preview(database, { direction: "down", target: "base" });
 * for (const { table, rows } of losses) console.log(`${steps.length} steps would delete ${rows} rows of ${table}`);
 * ```
 */
export async function preview(place: Place, options: PreviewOptions): Promise<MigrationPreview> {
  requireMigrationArguments(
    "preview",
    { place, options },
    { direction: kinds.oneOf(["up", "down"]), target: kinds.text },
  );
  const chain = readRevisions(options.folder);
  const { direction, target } = options;
  const up = direction === "up";
  return withConnection(place, options.signal, async (client) => {
    const schema = await currentSchema(client);
    const state = appliedState(chain, await readRevisionTable(client, schema));
    requireAgreement(chain, state);
    const steps = (up ? upgradeSteps : downgradeSteps)(chain, state.appliedCount, target);
    refuseIrreversible(steps);
    const places = placesOf(chain, state.appliedCount, steps);
    const title = `${up ? "upgrade" : "downgrade"} from ${places.from ?? "base"} to ${places.to ?? "base"}`;
    return {
      schema,
      ...places,
      steps: steps.map(({ revision }) => ({
        revision: revision.id,
        direction,
        transactional: revision.transactional,
        sql: revision[direction].sql.trim(),
      })),
      losses: await lossesOf(client, steps),
      sql: scriptText(steps, title),
    };
  });
}

async function migrate(
  place: Place,
  options: MigrationOptions & LockOptions & ApplyOptions,
  plan: (chain: readonly Revision[], appliedCount: number) => Step[],
  before: (client: Client, steps: readonly Step[]) => Promise<void> = async () => {},
): Promise<MigrationResult> {
  const chain = readRevisions(options.folder);
  return withConnection(place, options.signal, async (client) => {
    const schema = await currentSchema(client);
    return withMigrationLock(client, schema, options, async () => {
      const state = appliedState(chain, await readRevisionTable(client, schema));
      requireAgreement(chain, state);
      const planned = plan(chain, state.appliedCount);
      await before(client, planned);
      const steps: MigrationResult["steps"][number][] = [];
      await applySteps(client, schema, planned, {
        ...options,
        onStep: (step, elapsed_ms) => {
          steps.push({ revision: step.revision.id, direction: step.direction, elapsed_ms });
          options.onStep?.(step, elapsed_ms);
        },
      });
      return { schema, ...placesOf(chain, state.appliedCount, planned), steps };
    });
  });
}

/** The revisions before and after the steps, and the head. */
function placesOf(chain: readonly Revision[], appliedCount: number, steps: readonly Step[]) {
  const end = appliedCount + (steps[0]?.direction === "up" ? steps.length : -steps.length);
  return { from: idAt(chain, appliedCount), to: idAt(chain, end), head: idAt(chain, chain.length) };
}

const idAt = (chain: readonly Revision[], count: number) => chain[count - 1]?.id ?? null;
