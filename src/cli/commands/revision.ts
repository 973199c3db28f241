import { relative } from "node:path";
import { examples, type RegisterCommand } from "../command.ts";
import { type MigrationsOptions, migrationsFolder, migrationsOption } from "../migrations.ts";

export const registerRevision: RegisterCommand = (program, action) => {
  program
    .command("revision")
    .description("write a revision from the changes of the model, up and down")
    .requiredOption("-m, --message <text>", "what it does; becomes the file's name")
    .option("--empty", "leave up and down empty, to be written by hand")
    .addOption(migrationsOption())
    .addHelpText(
      "after",
      examples('revision -m "add the region of a store"', 'revision -m "backfill regions" --empty'),
    )
    .action(
      action(async (context, options: MigrationsOptions & { message: string; empty?: boolean }) => {
        const { output } = context;
        const { writeRevision } = await import("../../migration/index.ts");
        const { message, empty } = options;
        const written = await writeRevision({ message, empty, folder: migrationsFolder(context, options) });
        output.result(written);
        if (written.path === null) {
          output.report("Nothing to write: the model and the revisions agree.");
        } else {
          output.report(`wrote ${relative(process.cwd(), written.path)}`);
          output.note(`Review it, edit what a diff cannot know, then run: ${output.program} upgrade`);
        }
        return 0;
      }),
    );
};
