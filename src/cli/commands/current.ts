import { examples, type RegisterCommand } from "../command.ts";
import { type MigrationsOptions, migrationsOption, withMigrationTarget } from "../migrations.ts";

export const registerCurrent: RegisterCommand = (program, action) => {
  program
    .command("current")
    .description("show the revision the database is at")
    .addOption(migrationsOption())
    .addHelpText("after", examples("current", "current --json"))
    .action(
      action(async (context, options: MigrationsOptions) => {
        const { output } = context;
        const { status } = await import("../../migration/index.ts");
        const found = await withMigrationTarget(context, options, status);
        const { schema, revision, head, pending, unknown, edited } = found;
        output.result({ schema, revision, head, pending, unknown, edited });
        output.line(`${revision ?? "base"}${revision !== null && revision === head ? " (head)" : ""}`);
        if (pending.length > 0)
          output.note(`Not applied: ${pending.join(", ")}. Run: ${output.program} upgrade`);
        if (unknown.length > 0) output.note(`Applied, but there is no file: ${unknown.join(", ")}.`);
        if (edited.length > 0) output.note(`Edited after it was applied: ${edited.join(", ")}.`);
        return 0;
      }),
    );
};
