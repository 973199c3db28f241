import { examples, type RegisterCommand } from "../command.ts";
import {
  dryRunOption,
  type MigrateOptions,
  migrationsOption,
  migrationWaitOption,
  printPreview,
  printScript,
  runMigration,
} from "../migrations.ts";

export const registerUpgrade: RegisterCommand = (program, action) => {
  program
    .command("upgrade")
    .description("apply revisions up to a target, by default the newest")
    .argument("[target]", "head, +N, or a revision (a prefix of its name is enough)", "head")
    .option("--sql", "print the SQL instead, without a connection; the target may be FROM:TO")
    .addOption(dryRunOption())
    .addOption(migrationsOption())
    .addOption(migrationWaitOption())
    .addHelpText(
      "after",
      examples(
        "upgrade",
        "upgrade 0001",
        "upgrade +1",
        "upgrade --dry-run",
        "upgrade --sql | psql --set ON_ERROR_STOP=1 mydb",
        "upgrade 0001:head --sql",
      ),
    )
    .action(
      action(async (context, target: string, options: MigrateOptions) => {
        if (options.sql) return printScript(context, options, "up", target);
        if (options.dryRun) return printPreview(context, options, "up", target);
        return runMigration(context, options, "upgrade", target);
      }),
    );
};
