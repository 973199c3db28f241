import { examples, type RegisterCommand } from "../command.ts";
import { type MigrationsOptions, migrationsFolder, migrationsOption } from "../migrations.ts";

export const registerHeads: RegisterCommand = (program, action) => {
  program
    .command("heads")
    .description("show the last revision on disk; several if the revisions branch")
    .addOption(migrationsOption())
    .addHelpText("after", examples("heads", "heads --json"))
    .action(
      action(async (context, options: MigrationsOptions) => {
        const { output } = context;
        const { headsOf, readRevisionFiles } = await import("../../migration/index.ts");
        const heads = headsOf(readRevisionFiles(migrationsFolder(context, options))).map(({ id }) => id);
        output.result({ heads });
        for (const head of heads) output.line(`${head} (head)`);
        if (heads.length === 0) output.note("There are no revisions yet.");
        if (heads.length > 1)
          output.note('Put one branch after the other: its line "-- parent:" names the other head.');
        return 0;
      }),
    );
};
