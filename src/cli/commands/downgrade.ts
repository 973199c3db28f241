import { examples, type RegisterCommand } from "../command.ts";
import {
  lockWaitOption,
  type MigrationsOptions,
  migrationsOption,
  printScript,
  runMigration,
} from "../migrations.ts";

export const registerDowngrade: RegisterCommand = (program, action) => {
  program
    .command("downgrade")
    .description("revert the schema to an earlier revision; data of dropped tables and columns is lost")
    .argument("<target>", "-N, base, or the revision to go back to (a prefix of its name is enough)")
    .option("--sql", "print the SQL instead, without a connection; the target may be FROM:TO")
    .addOption(migrationsOption())
    .addOption(lockWaitOption())
    .addHelpText(
      "before",
      examples(
        "downgrade -1",
        "downgrade 0001",
        "downgrade base",
        "downgrade -1 --sql",
        "downgrade 0002:base --sql",
      ),
    )
    .action(
      action(async (context, target: string, options: MigrationsOptions & { sql?: boolean }) =>
        options.sql
          ? printScript(context, options, "down", target)
          : runMigration(context, options, "downgrade", target),
      ),
    );
};
