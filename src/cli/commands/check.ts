import type { CheckReport, Finding, Topic } from "../../migration/index.ts";
import { type Context, examples, notes, type RegisterCommand } from "../command.ts";
import { type MigrationsOptions, migrationsOption, withMigrationTarget } from "../migrations.ts";

export const registerCheck: RegisterCommand = (program, action) => {
  program
    .command("check")
    .description("compare model, revisions and live schema, and list every difference")
    .addOption(migrationsOption())
    .addHelpText(
      "after",
      notes(() => "Exits with 3 if there are differences. Changes nothing."),
    )
    .addHelpText("after", examples("check", "check --json"))
    .action(
      action(async (context, options: MigrationsOptions) => {
        const [{ check }, { whileDoing }] = await Promise.all([
          import("../../migration/index.ts"),
          import("../render/progress.ts"),
        ]);
        const work = withMigrationTarget(context, options, check);
        const doing = "comparing with the revisions in a scratch database";
        const report = await whileDoing(context.output, context.streams.stderr, doing, work);
        const clean = report.findings.length === 0;
        context.output.result({ clean, ...report });
        print(context.output, report);
        return clean ? 0 : 3;
      }),
    );
};

/** In the order in which to fix them. */
const titles: Record<Topic, (place: CheckReport["replayed_in"], program: string) => string> = {
  files: (_, program) =>
    `Files were edited after they were applied (restore them, or accept the edit: ${program} stamp)`,
  revisions: (_, program) =>
    `Revisions are not applied in order (${program} upgrade applies what is missing)`,
  model: (_, program) =>
    `The model has changes that no revision makes (${program} revision -m "…" would write these)`,
  migrations: () =>
    "The snapshot has changes that no revision makes (expected: the snapshot; found: the revisions)",
  database: (place) => `The live schema differs from the revisions applied to a scratch ${place}`,
};

function print({ colors, line, note, program }: Context["output"], report: CheckReport): void {
  const { findings, not_examined, replayed_in, revision, head } = report;
  for (const topic of Object.keys(titles) as Topic[]) {
    const group = findings.filter((finding) => finding.topic === topic);
    if (group.length === 0) continue;
    line(colors.bold(titles[topic](replayed_in, program)));
    for (const text of aligned(group)) line(`  ${text}`);
    line();
  }
  for (const text of not_examined) note(`not examined: ${text}`);
  const at = `${revision ?? "base"}${revision !== null && revision === head ? ", head" : ""}`;
  const count = findings.length === 1 ? "1 difference" : `${findings.length} differences`;
  if (findings.length > 0) line(`${count}; the database is at ${at}.`);
  else if (not_examined.length > 0) line(`No differences in what could be examined (at ${at}).`);
  else line(`No differences: model, revisions and live schema agree (at ${at}; scratch ${replayed_in}).`);
}

/** The object in one column, the difference in the next. A statement of the model needs no second column. */
function aligned(group: readonly Finding[]): string[] {
  const width = Math.min(60, Math.max(...group.map(({ object }) => object.length)));
  return group.map(({ topic, object, detail }) =>
    topic === "model" ? object : `${object.padEnd(width)}  ${detail}`,
  );
}
