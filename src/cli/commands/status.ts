import type { Status } from "../../migration/index.ts";
import { examples, notes, type RegisterCommand } from "../command.ts";
import { type MigrationsOptions, migrationsOption, withMigrationTarget } from "../migrations.ts";

export const registerStatus: RegisterCommand = (program, action) => {
  program
    .command("status")
    .description("show whether the database has a warehouse, its revision, and what is pending")
    .addOption(migrationsOption())
    .addHelpText(
      "after",
      notes((program) => `The server itself: ${program} db status`),
    )
    .addHelpText("after", examples("status", "status --json"))
    .action(
      action(async (context, options: MigrationsOptions) => {
        const { output } = context;
        const { status } = await import("../../migration/index.ts");
        const found = await withMigrationTarget(context, options, async (database, shared) => ({
          database: database.label,
          ...(await status(database, shared)),
        }));
        const { history: _, ...result } = found;
        output.result(result);
        for (const line of described(found)) output.line(line);
        for (const advice of adviceFor(found, output.program)) output.note(advice);
        return 0;
      }),
    );
};

function described({ database, schema, ...status }: Status & { readonly database: string }): string[] {
  const { state, revision, head, pending, edited, unknown, out_of_order } = status;
  const list = (ids: readonly string[]) => (ids.length === 0 ? "none" : ids.join(", "));
  return [
    `database  ${database}, schema ${schema}`,
    `state     ${stateText[state]}`,
    `revision  ${revision ?? "base"}`,
    `head      ${head ?? "none"}`,
    `pending   ${list(pending)}`,
    `edited    ${list(edited)}`,
    `unknown   ${list(unknown)}`,
    ...(out_of_order.length > 0 ? [`applied before an earlier one: ${list(out_of_order)}`] : []),
  ];
}

const stateText: Record<Status["state"], string> = {
  "not migrated": "not migrated: there is no warehouse yet",
  behind: "behind: revisions are pending",
  "at head": "at head",
  inconsistent: "the files and the revision table contradict each other",
};

function adviceFor({ state, edited }: Status, program: string): string[] {
  if (state === "not migrated" || state === "behind") return [`To apply what is pending: ${program} upgrade`];
  if (edited.length > 0) return [`To accept an edit: ${program} stamp REVISION`];
  return state === "inconsistent" ? [`For the details: ${program} check`] : [];
}
