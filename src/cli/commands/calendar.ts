import { examples, type RegisterCommand } from "../command.ts";

interface Options {
  from: string;
  to: string;
  country?: string;
  subdivision?: string;
}

export const registerCalendar: RegisterCommand = (program, action) => {
  program
    .command("calendar")
    .description("add every day of a range, with public holidays and their names")
    .requiredOption("--from <date>", "first day, YYYY-MM-DD")
    .requiredOption("--to <date>", "last day, YYYY-MM-DD")
    .option("--country <code>", "country of the public holidays (ISO 3166-1, such as GB)")
    .option("--subdivision <code>", "part of the country (ISO 3166-2, such as SCT)")
    .addHelpText(
      "after",
      examples(
        "calendar --from 2024-01-01 --to 2025-12-31",
        "calendar --from 2024-01-01 --to 2025-12-31 --country GB --subdivision SCT",
      ),
    )
    .action(
      action(async ({ settings, output, signal }, options: Options) => {
        const [{ fillCalendar }, { withDatabase }, { fail }] = await Promise.all([
          import("../../calendar/index.ts"),
          import("../../database/open.ts"),
          import("../../errors.ts"),
        ]);
        const { from, to, country, subdivision } = options;
        if (subdivision !== undefined && country === undefined) {
          throw fail("USAGE", { problem: "--subdivision needs --country." });
        }
        const region = country === undefined ? undefined : { country, subdivision };
        const filled = await withDatabase(settings, (database) =>
          fillCalendar(database, { from, to, region, signal }),
        );
        output.result(filled);
        const { days, inserted, updated, unchanged, holidays } = filled;
        output.report(`${days} days from ${from} to ${to}, ${holidays} of them holidays`);
        output.report(`inserted ${inserted}, updated ${updated}, unchanged ${unchanged}`);
        return 0;
      }),
    );
};
