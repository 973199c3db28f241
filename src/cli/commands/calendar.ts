import { examples, type RegisterCommand } from "../command.ts";

interface Options {
  from: string;
  to: string;
  country?: string;
  subdivision?: string;
  force?: boolean;
  remove?: boolean;
  dryRun?: boolean;
}

export const registerCalendar: RegisterCommand = (program, action) => {
  program
    .command("calendar")
    .description("add every day of a range, with public holidays and their names, or remove days")
    .requiredOption("--from <date>", "first day, YYYY-MM-DD")
    .requiredOption("--to <date>", "last day, YYYY-MM-DD")
    .option("--country <code>", "country of the public holidays (ISO 3166-1, such as GB)")
    .option("--subdivision <code>", "part of the country (ISO 3166-2, such as SCT)")
    .option(
      "--force",
      "accept years beyond 1900 to 2200 and more than 100 years; with --remove, remove holidays too",
    )
    .option("--remove", "remove the days instead: all of them, or none if facts or holidays are on them")
    .option("--dry-run", "with --remove: check and count, and remove nothing")
    .addHelpText(
      "after",
      examples(
        "calendar --from 2024-01-01 --to 2025-12-31",
        "calendar --from 2024-01-01 --to 2025-12-31 --country GB --subdivision SCT",
        "calendar --remove --from 2090-01-01 --to 2099-12-31 --dry-run",
      ),
    )
    .action(
      action(async ({ settings, output, signal }, options: Options) => {
        const [{ fillCalendar, removeDays }, { withDatabase }, { fail }] = await Promise.all([
          import("../../calendar/index.ts"),
          import("../../database/open.ts"),
          import("../../errors.ts"),
        ]);
        const { from, to, country, subdivision, force, remove, dryRun } = options;
        if (subdivision !== undefined && country === undefined) {
          throw fail("USAGE", { problem: "--subdivision needs --country." });
        }
        if (dryRun && !remove) throw fail("USAGE", { problem: "--dry-run needs --remove." });
        if (remove) {
          if (country !== undefined) {
            throw fail("USAGE", { problem: "--remove and --country cannot be combined." });
          }
          const removal = await withDatabase(settings, (database) =>
            removeDays(database, { from, to, force, dryRun, signal }),
          );
          output.result(removal);
          const done = dryRun ? "days would be removed" : "days removed";
          output.line(`${removal.removed} ${done} from ${from} to ${to}`);
          return 0;
        }
        const region = country === undefined ? undefined : { country, subdivision };
        const filled = await withDatabase(settings, (database) =>
          fillCalendar(database, { from, to, region, force, signal }),
        );
        output.result(filled);
        const { days, inserted, updated, unchanged, holidays } = filled;
        output.report(`${days} days from ${from} to ${to}, ${holidays} of them holidays`);
        output.report(`inserted ${inserted}, updated ${updated}, unchanged ${unchanged}`);
        return 0;
      }),
    );
};
