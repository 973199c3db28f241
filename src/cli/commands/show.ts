import type { Revision } from "../../migration/index.ts";
import { type Context, examples, notes, type RegisterCommand } from "../command.ts";
import {
  type MigrationsOptions,
  migrationsFolder,
  migrationsOption,
  withMigrationTarget,
} from "../migrations.ts";

export const registerShow: RegisterCommand = (program, action) => {
  program
    .command("show")
    .description("show a revision: where it is, what it follows, its SQL in both directions")
    .argument("<revision>", "head, current, or a revision (a prefix of its name is enough)")
    .addOption(migrationsOption())
    .addHelpText(
      "after",
      notes(() => "Only `show current` needs a database."),
    )
    .addHelpText("after", examples("show head", "show 0001", "show current --json"))
    .action(
      action(async (context, wanted: string, options: MigrationsOptions) => {
        const { output } = context;
        const { findRevision, headsOf, readRevisionFiles } = await import("../../migration/index.ts");
        const files = readRevisionFiles(migrationsFolder(context, options));
        const heads = headsOf(files);
        const target = wanted === "current" ? await currentOf(context, options) : wanted;
        const found = target === "head" ? heads : target === "base" ? [] : [findRevision(files, target)];
        const shown = found.map((revision) => ({ ...revision, head: heads.includes(revision) }));
        output.result({ revisions: shown.map(asJson) });
        if (shown.length === 0) output.note("base: there is no revision to show.");
        for (const [index, revision] of shown.entries()) {
          if (index > 0) output.line();
          for (const text of described(revision)) output.data(text);
        }
        return 0;
      }),
    );
};

async function currentOf(context: Context, options: MigrationsOptions): Promise<string> {
  const { status } = await import("../../migration/index.ts");
  const { revision } = await withMigrationTarget(context, options, status);
  return revision ?? "base";
}

type Shown = Revision & { readonly head: boolean };

const asJson = ({ id, parent, head, path, transactional, checksum, up, down }: Shown) => ({
  revision: id,
  parent: parent ?? null,
  head,
  path,
  transactional,
  checksum,
  up: up.sql.trim(),
  down: down.sql.trim(),
});

function described({ id, parent, head, path, transactional, checksum, up, down }: Shown): string[] {
  return [
    `revision     ${id}${head ? " (head)" : ""}`,
    `parent       ${parent ?? "none"}`,
    `file         ${path}`,
    `transaction  ${transactional ? "one for the whole revision" : "none: statement by statement"}`,
    `sha-256      ${checksum}`,
    "",
    "-- up",
    up.sql.trim(),
    "",
    "-- down",
    down.sql.trim(),
  ];
}
