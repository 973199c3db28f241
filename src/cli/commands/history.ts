import type { HistoryEntry } from "../../migration/index.ts";
import { examples, type RegisterCommand } from "../command.ts";
import { type MigrationsOptions, migrationsOption, withMigrationTarget } from "../migrations.ts";
import { table } from "../render/output.ts";

export const registerHistory: RegisterCommand = (program, action) => {
  program
    .command("history")
    .description("list the revisions, newest first, and which are applied")
    .addOption(migrationsOption())
    .addHelpText("after", examples("history", "history --json"))
    .action(
      action(async (context, options: MigrationsOptions) => {
        const { output } = context;
        const { status } = await import("../../migration/index.ts");
        const found = await withMigrationTarget(context, options, status);
        output.result(found);
        if (found.history.length === 0) output.note("There are no revisions yet.");
        else for (const line of table(rowsOf(found.history), output.room)) output.line(line);
        return 0;
      }),
    );
};

function rowsOf(history: readonly HistoryEntry[]): string[][] {
  const rows = [...history]
    .reverse()
    .map((entry) => [
      entry.revision,
      entry.applied_at === null ? "not applied" : `${entry.applied_at.slice(0, 16).replace("T", " ")} UTC`,
      entry.applied_by ?? "",
      marksOf(entry).join(", "),
    ]);
  return [["revision", "applied", "by", ""], ...rows];
}

function marksOf({ head, current, edited, unknown }: HistoryEntry): string[] {
  return [
    ...(head ? ["head"] : []),
    ...(current ? ["current"] : []),
    ...(edited ? ["edited since"] : []),
    ...(unknown ? ["no file"] : []),
  ];
}
