import { examples, notes, type RegisterCommand } from "../command.ts";
import {
  type MigrationsOptions,
  migrationsOption,
  migrationWaitOption,
  withMigrationTarget,
} from "../migrations.ts";

export const registerStamp: RegisterCommand = (program, action) => {
  program
    .command("stamp")
    .description("mark revisions up to REVISION as applied without running them")
    .argument("<revision>", "head, base, or a revision (a prefix of its name is enough)")
    .addOption(migrationsOption())
    .addOption(migrationWaitOption())
    .addHelpText(
      "after",
      notes(
        () => "Use it for a database that was created another way, or to accept an edit of an applied file.",
      ),
    )
    .addHelpText("after", examples("stamp head", "stamp 0001"))
    .action(
      action(async (context, target: string, options: MigrationsOptions) => {
        const { output } = context;
        const { stamp } = await import("../../migration/index.ts");
        const stamped = await withMigrationTarget(context, options, (database, shared) =>
          stamp(database, { ...shared, target }),
        );
        output.result(stamped);
        const { added, removed, refreshed, to } = stamped;
        for (const id of added) output.report(`marked as applied: ${id}`);
        for (const id of removed) output.report(`marked as not applied: ${id}`);
        for (const id of refreshed) output.report(`edit accepted: ${id}`);
        const nothing = added.length + removed.length + refreshed.length === 0 ? "Nothing to do; the" : "The";
        output.report(`${nothing} revision table is at ${to ?? "base"}.`);
        return 0;
      }),
    );
};
