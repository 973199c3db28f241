import { examples, notes, type RegisterCommand } from "../command.ts";
import {
  dryRunOption,
  type MigrateOptions,
  migrationsOption,
  migrationWaitOption,
  printPreview,
  printScript,
  runMigration,
} from "../migrations.ts";

export const registerDowngrade: RegisterCommand = (program, action) => {
  program
    .command("downgrade")
    .description("revert the schema to an earlier revision; asks before it deletes rows")
    .argument("<target>", "-N, base, or the revision to go back to (a prefix of its name is enough)")
    .option("--sql", "print the SQL instead, without a connection; the target may be FROM:TO")
    .addOption(dryRunOption())
    .option("--yes", "delete rows of dropped tables and columns without asking")
    .addOption(migrationsOption())
    .addOption(migrationWaitOption())
    .addHelpText(
      "after",
      notes(
        () =>
          "If tables or columns with data would be dropped, it shows how many rows of which tables and asks. Without a terminal it refuses (DOWNGRADE_LOSES_ROWS, exit code 2), unless --yes is given.",
      ),
    )
    .addHelpText(
      "after",
      examples(
        "downgrade -1",
        "downgrade 0001",
        "downgrade base",
        "downgrade -1 --dry-run",
        "downgrade -1 --sql",
        "downgrade 0002:base --sql",
      ),
    )
    .action(
      action(async (context, target: string, options: MigrateOptions) => {
        if (options.sql) return printScript(context, options, "down", target);
        if (options.dryRun) return printPreview(context, options, "down", target);
        return runMigration(context, options, "downgrade", target);
      }),
    );
};
