import { fail } from "../../errors.ts";
import type { CheckReport, Finding, Topic } from "../../migration/index.ts";
import { countText } from "../../system/numbers.ts";
import { type Context, examples, notes, type RegisterCommand } from "../command.ts";
import { type MigrationsOptions, migrationsOption, withMigrationTarget } from "../migrations.ts";
import { reportResult } from "../render/output.ts";

export const registerCheck: RegisterCommand = (program, action) => {
  program
    .command("check")
    .description("compare model, revisions and live schema, and list every difference")
    .option("--no-model", "leave out the model: compare only revisions and live schema")
    .addOption(migrationsOption())
    .addHelpText(
      "after",
      notes(
        () =>
          "Exits with 3 if there are differences, and with 1 (CHECK_INCOMPLETE) if there are none in what could be examined but not everything could. Changes nothing.",
      ),
    )
    .addHelpText("after", examples("check", "check --no-model", "check --json"))
    .action(
      action(async (context, options: MigrationsOptions & { model: boolean }) => {
        const [{ check }, { whileDoing }] = await Promise.all([
          import("../../migration/index.ts"),
          import("../render/progress.ts"),
        ]);
        const model = options.model ? undefined : false;
        const work = withMigrationTarget(context, options, (database, shared) =>
          check(database, { ...shared, model }),
        );
        const doing = "comparing with the revisions in a scratch database";
        const report = await whileDoing(context.output, context.streams.stderr, doing, work);
        const different = report.findings.length > 0;
        const complete = report.not_examined.length === 0;
        const result = { clean: !different && complete, complete, ...report };
        const failure = different || complete ? undefined : incomplete(report.not_examined);
        const status = reportResult(result, failure, (found, output) => print(output, found), context);
        return different ? 3 : status;
      }),
    );
};

function incomplete(reasons: readonly string[]) {
  return fail("CHECK_INCOMPLETE", { count: countText(reasons.length, "thing"), reasons: reasons.join("; ") });
}

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
  // Without differences, the failure that follows says the same.
  if (findings.length > 0) for (const text of not_examined) note(`not examined: ${text}`);
  const at = `${revision ?? "base"}${revision !== null && revision === head ? ", head" : ""}`;
  const count = findings.length === 1 ? "1 difference" : `${findings.length} differences`;
  if (findings.length > 0) line(`${count}; the database is at ${at}.`);
  else if (not_examined.length === 0)
    line(`No differences: model, revisions and live schema agree (at ${at}; scratch ${replayed_in}).`);
}

/** The object in one column, the difference in the next. A statement of the model needs no second column. */
function aligned(group: readonly Finding[]): string[] {
  const width = Math.min(60, Math.max(...group.map(({ object }) => object.length)));
  return group.map(({ topic, object, detail }) =>
    topic === "model" ? object : `${object.padEnd(width)}  ${detail}`,
  );
}
