import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Database } from "../database/connection.ts";
import type { LockOptions, MigrationOptions, MigrationResult } from "../migration/index.ts";
import type { Context } from "./command.ts";
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

export function lockWaitOption(): Option {
  return new Option(
    "--lock-wait <seconds>",
    "how long to wait for another migration of the schema (default 300)",
  ).argParser((text) => {
    if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("Write a whole number of seconds.");
    return Number(text);
  });
}

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

/** Shared by upgrade and downgrade: progress as it happens, and the state afterwards. */
export async function runMigration(
  context: Context,
  options: MigrationsOptions,
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
  try {
    const migrated = await withMigrationTarget(context, options, (database, shared) =>
      migration[direction](database, {
        ...shared,
        target,
        patience,
        onStep: ({ revision }, elapsed_ms) => output.line(`${done} ${revision.id} (${elapsed_ms} ms)`),
      }),
    );
    output.result(migrated);
    output.line(stateOf(migrated));
    return 0;
  } catch (error) {
    // An interruption is reported as one; but a revision outside a transaction may be half done, which must be said too.
    if (signal.aborted && error instanceof ForecastLabError && error.code === "REVISION_HALF_DONE") {
      output.note(`${error.message} ${adviceOf(error)}`);
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
  context.output.line(sql.trimEnd());
  return 0;
}
