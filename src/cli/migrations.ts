import { resolve } from "node:path";
import { Option } from "commander";
import type { Database } from "../database/connection.ts";
import type { LockOptions, Loss, MigrationOptions, MigrationResult } from "../migration/index.ts";
import type { Context } from "./command.ts";
import { lockWaitOption } from "./lock-wait.ts";
import { canAsk, confirm } from "./render/confirm.ts";
import { adviceOf } from "./render/output.ts";

/* What the migration commands share. */

export interface MigrationsOptions {
  readonly migrations?: string;
  /** Seconds; of the commands that take the migration lock. */
  readonly lockWait?: number;
}

export function migrationsOption(): Option {
  return new Option("--migrations <folder>", "another folder of revisions (FORECASTLAB_MIGRATIONS)");
}

export const migrationWaitOption = (): Option => lockWaitOption("another migration of the schema", 300);

/** The folder of the flag, then of the settings; undefined: the package's own. */
export function migrationsFolder(
  { settings }: Context,
  { migrations }: MigrationsOptions,
): string | undefined {
  return migrations === undefined ? settings.migrations : resolve(migrations);
}

/** Runs the work on the warehouse's database with what every migration function takes. */
export async function withMigrationTarget<T>(
  context: Context,
  options: MigrationsOptions,
  work: (database: Database, options: MigrationOptions & LockOptions) => Promise<T>,
): Promise<T> {
  const { withDatabase } = await import("../database/open.ts");
  return withDatabase(context.settings, (database) =>
    work(database, {
      folder: migrationsFolder(context, options),
      signal: context.signal,
      lockWait_s: options.lockWait,
      onWait: (holder, waited_s) => {
        const since = waited_s === 0 ? "" : ` for ${waited_s} s`;
        context.output.note(
          `Another migration is running on this schema (${holder}); waiting for it${since}.`,
        );
      },
    }),
  );
}

/** Options of upgrade and downgrade. */
export interface MigrateOptions extends MigrationsOptions {
  readonly sql?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function dryRunOption(): Option {
  return new Option("--dry-run", "print what would be done, as plan and SQL, and change nothing").conflicts(
    "sql",
  );
}

/** Shared by upgrade and downgrade: the plan, then its SQL. Together they are a script for psql. */
export async function printPreview(
  context: Context,
  options: MigrationsOptions,
  direction: "up" | "down",
  target: string,
): Promise<number> {
  const { output } = context;
  const { lossText, preview } = await import("../migration/index.ts");
  const found = await withMigrationTarget(context, options, async (database, { folder, signal }) => ({
    database: database.label,
    ...(await preview(database, { folder, signal, direction, target })),
  }));
  output.result({ dry_run: true, ...found });
  const { steps, losses, from, to, head } = found;
  const name = (revision: string | null) =>
    `${revision ?? "base"}${revision !== null && revision === head ? " (head)" : ""}`;
  output.data(`-- dry run: nothing was changed in ${found.database}, schema ${found.schema}`);
  output.data(`-- at ${name(from)}${steps.length === 0 ? "; nothing to do" : `, would be at ${name(to)}`}`);
  for (const step of steps) {
    const outside = step.transactional ? "" : ", outside a transaction";
    output.data(`-- would ${direction === "up" ? "apply" : "revert"} ${step.revision}${outside}`);
  }
  for (const loss of losses) output.data(`-- would delete ${lossText(loss)} (${loss.revision})`);
  if (steps.length > 0) output.data(`\n${found.sql.trimEnd()}`);
  return 0;
}

/** Shared by upgrade and downgrade: progress as it happens, and the state afterwards. */
export async function runMigration(
  context: Context,
  options: MigrateOptions,
  direction: "upgrade" | "downgrade",
  target: string,
): Promise<number> {
  const { output, signal } = context;
  const [migration, { defaultLockRetry }, { ForecastLabError }] = await Promise.all([
    import("../migration/index.ts"),
    import("../database/lock-retry.ts"),
    import("../errors.ts"),
  ]);
  const done = direction === "upgrade" ? "applied" : "reverted";
  const patience = {
    ...defaultLockRetry,
    onRetry: (attempt: number, holders: string) =>
      output.note(`Waiting for a lock, attempt ${attempt} of ${defaultLockRetry.attempts}; ${holders}.`),
  };
  const askToLose = (losses: readonly Loss[]) => {
    output.note("The downgrade deletes data that no upgrade brings back:");
    for (const loss of losses) output.note(`  ${migration.lossText(loss)}`);
    return confirm("Delete it?", context);
  };
  try {
    const migrated = await withMigrationTarget(context, options, (database, shared) =>
      migration[direction](database, {
        ...shared,
        target,
        patience,
        loseRows: options.yes === true || (canAsk(context) ? askToLose : false),
        onStep: ({ revision }, elapsed_ms) => output.report(`${done} ${revision.id} (${elapsed_ms} ms)`),
      }),
    );
    output.result(migrated);
    output.report(stateOf(migrated));
    return 0;
  } catch (error) {
    // An interruption is reported as one; but a revision outside a transaction may be half done, which must be said too.
    if (signal.aborted && error instanceof ForecastLabError && error.code === "REVISION_HALF_DONE") {
      output.note(`${error.message} ${adviceOf(error, output)}`);
    }
    throw error;
  }
}

function stateOf({ steps, to, head }: MigrationResult): string {
  const place = to === null ? "base: nothing is applied" : `${to}${to === head ? " (head)" : ""}`;
  return steps.length === 0
    ? `Nothing to do; the warehouse is at ${place}.`
    : `The warehouse is at ${place}.`;
}

/** Shared by upgrade and downgrade: the script, without a connection. */
export async function printScript(
  context: Context,
  options: MigrationsOptions,
  direction: "up" | "down",
  range: string,
): Promise<number> {
  const { script } = await import("../migration/index.ts");
  const sql = script({ direction, range, folder: migrationsFolder(context, options) });
  context.output.result({ sql });
  context.output.data(sql.trimEnd());
  return 0;
}
