import { type Command, Option } from "commander";
import { fail } from "../../errors.ts";
import type { FrameDefinition, FrameFormat } from "../../frame/index.ts";
import { type Context, examples, notes, type RegisterCommand } from "../command.ts";
import {
  type DefinitionOptions,
  definitionOptions,
  frameDefinitionOf,
  framesDefinitionOf,
  missing,
} from "../frame-definition.ts";
import { requiredOptions } from "../help.ts";
import { auditFrame } from "./frame-audit.ts";
import { type PlotOptions, plotFrame } from "./frame-plot.ts";
import { type ReadinessOptions, reportReadiness } from "./frame-readiness.ts";

interface Options extends DefinitionOptions {
  cutoffs?: string;
  folds?: string;
  step?: string;
  out?: string;
  format?: FrameFormat;
  partitionBy?: string;
}

export const registerFrame: RegisterCommand = (program, action) => {
  const frame = program
    .command("frame")
    .description(
      "write a training frame and the frame of the days to forecast, without leaks (docs/frames.md)",
    )
    .addOption(
      new Option(
        "--out <file>",
        "the training file, such as frame.parquet; the others are written next to it. A folder with --cutoffs or --folds",
      ).helpGroup(requiredOptions),
    )
    .addOption(
      new Option("--format <format>", "format of the files")
        .default(undefined, "by the ending of --out")
        .choices(["parquet", "arrow", "csv"]),
    )
    .option("--partition-by <columns>", "make --out a folder in hive layout, such as store_code,year")
    .option(
      "--cutoffs <dates>",
      "in place of --cutoff: a frame for each, such as 2024-04-16,2024-05-14, in one pass",
    )
    .option("--folds <N>", "frames of rolling origins: --cutoff, and N - 1 cutoffs before it")
    .option(
      "--step <N>",
      "days, weeks or months from one of these cutoffs to the next (default: the horizon)",
    )
    .addHelpText(
      "after",
      examples(
        "frame --cutoff 2024-05-14 --horizon 28 --out frame.parquet",
        "frame --cutoff 2024-05-14 --horizon 28 --out frame.parquet --spec dairy.yaml",
        "frame --cutoff 2024-05-14 --horizon 28 --out frames/ --partition-by store_code",
        "frame --cutoff 2024-05-12 --horizon 8 --freq week --out weekly.parquet",
        "frame --cutoff 2024-05-14 --horizon 28 --out folds/ --folds 6 --step 7",
        "frame readiness --cutoff 2024-05-14 --horizon 28",
        "frame audit --cutoff 2024-05-14 --horizon 28",
        "frame plot frame.parquet --series S1/A",
      ),
    )
    .action(action(write));
  const audit = frame
    .command("audit")
    .description("change data after the cutoff in a scratch copy and check that the frame stays the same")
    .addHelpText(
      "after",
      notes(() => "The warehouse is only read. Exits with 3, and names the columns, if anything differs."),
    )
    .addHelpText(
      "after",
      examples(
        "frame audit --cutoff 2024-05-14 --horizon 28",
        "frame audit --cutoff 2024-05-14 --horizon 28 --spec dairy.yaml",
      ),
    )
    .action(action((context) => auditFrame(context, takenFor("audit", frame, audit))));
  const readiness = frame
    .command("readiness")
    .description("which series are ready to be forecast, with limits or not yet, and why")
    .addOption(
      new Option("--status <status>", "only the series of this status").choices([
        "fit",
        "fit_with_limits",
        "not_yet",
      ]),
    )
    .option("--top <N>", "the first N series of each status (default: 5, with --json all)")
    .addHelpText(
      "after",
      notes(
        () =>
          "The warehouse is only read, and no frame is written. Best sellers come first. The manifest of a frame has the same numbers of series. What the reasons mean: docs/frames.md.",
      ),
    )
    .addHelpText(
      "after",
      examples(
        "frame readiness --cutoff 2024-05-14 --horizon 28",
        "frame readiness --cutoff 2024-05-14 --horizon 28 --status not_yet --top 20",
        "frame readiness --cutoff 2024-05-12 --horizon 8 --freq week --json",
      ),
    )
    .action(
      action((context, options: ReadinessOptions) =>
        reportReadiness(context, { ...options, ...takenFor("readiness", frame, readiness) }),
      ),
    );
  for (const option of definitionOptions()) {
    for (const command of [frame, audit, readiness]) command.addOption(option);
  }
  frame
    .command("plot")
    .description("plot one series of a written frame, with its drivers")
    .argument("<file>", "the training file, as Parquet, Arrow or CSV, or the folder of a partitioned frame")
    .option("--series <id>", "unique_id of the series, STORE/SKU (default: the best seller)")
    .option("--days <N>", "how many days before the cutoff to show (default: as many as fit)")
    .option(
      "--html <file>",
      "write one page for a browser, with the picture and the numbers, instead of text",
    )
    .addHelpText(
      "after",
      examples(
        "frame plot frame.parquet",
        "frame plot frame.parquet --series S1/A --days 365",
        "frame plot frame.arrow --html best-seller.html",
      ),
    )
    .action(
      action((context, file: string, options: PlotOptions) => {
        takenFor("plot", frame);
        return plotFrame(context, file, options);
      }),
    );
};

/**
 * Options after a subcommand that `frame` has too: commander gives them to `frame`, which parses first.
 *
 * @throws USAGE for those that the subcommand does not have
 */
function takenFor(name: string, frame: Command, subcommand?: Command): DefinitionOptions {
  const others = frame.options.filter(
    (option) => !subcommand?.options.some(({ long }) => long === option.long),
  );
  const given = others.find((option) => frame.getOptionValue(option.attributeName()) !== undefined);
  if (given !== undefined) throw fail("USAGE", { problem: `frame ${name} does not take ${given.long}.` });
  return frame.opts();
}

async function write(context: Context, options: Options): Promise<undefined> {
  if (options.cutoffs !== undefined || options.folds !== undefined) return writeFolds(context, options);
  if (options.step !== undefined) throw fail("USAGE", { problem: "--step is for --folds." });
  const definition = await frameDefinitionOf(options);
  const { out, format, partitionBy } = options;
  if (out === undefined) throw fail("USAGE", { problem: missing("--out <file>") });
  const [{ buildFrame }, { withDatabase }, { printFrame }, { progressDisplay }] = await Promise.all([
    import("../../frame/index.ts"),
    import("../../database/open.ts"),
    import("../render/frame-report.ts"),
    import("../render/progress.ts"),
  ]);
  const { settings, output, signal, streams } = context;
  const { onProgress, clear } = progressDisplay(output, streams.stderr);
  const request = {
    ...definition,
    ...{ out, format, signal, onProgress },
    partitionBy: partitionBy === undefined ? undefined : listOf(partitionBy),
  };
  const result = await withDatabase(settings, (database) => buildFrame(database, request)).finally(clear);
  output.result(result);
  printFrame(result, output);
}

/** The frames of several cutoffs, in a folder. */
async function writeFolds(context: Context, options: Options): Promise<undefined> {
  const { out, format, partitionBy } = options;
  if (out === undefined) throw fail("USAGE", { problem: missing("--out <file>") });
  const definition = await framesDefinitionOf(options);
  const [{ buildFrames }, { withDatabase }, { printFrames }, { progressDisplay }] = await Promise.all([
    import("../../frame/index.ts"),
    import("../../database/open.ts"),
    import("../render/frame-report.ts"),
    import("../render/progress.ts"),
  ]);
  const cutoffs = await cutoffsOf(options, definition);
  const { settings, output, signal, streams } = context;
  const { onProgress, clear } = progressDisplay(output, streams.stderr);
  const request = {
    ...definition,
    ...{ cutoffs, out, format, signal, onProgress },
    partitionBy: partitionBy === undefined ? undefined : listOf(partitionBy),
  };
  const result = await withDatabase(settings, (database) => buildFrames(database, request)).finally(clear);
  output.result(result);
  printFrames(result, output);
}

const listOf = (text: string) => text.split(",").map((item) => item.trim());

/** @throws USAGE if the options contradict each other */
async function cutoffsOf(
  { cutoff, cutoffs, folds, step, ...options }: Options,
  { spec, horizon }: Omit<FrameDefinition, "cutoff">,
): Promise<string[]> {
  const usage = (problem: string) => fail("USAGE", { problem });
  if (cutoffs !== undefined) {
    const other = Object.entries({ cutoff, folds, step }).find(([, value]) => value !== undefined);
    if (other !== undefined) throw usage(`--cutoffs names all cutoffs, and --${other[0]} was given too.`);
    return listOf(cutoffs);
  }
  if (cutoff === undefined) throw usage(missing("--cutoff <date>"));
  const whole = (name: string, text: string) => {
    if (!/^[1-9]\d{0,5}$/.test(text)) throw usage(`--${name} takes a whole number from 1, not ${text}.`);
    return Number(text);
  };
  const { foldCutoffs, readSpec } = await import("../../frame/index.ts");
  const read = typeof spec === "string" ? await readSpec(spec) : undefined;
  return foldCutoffs({
    cutoff,
    folds: whole("folds", folds ?? ""),
    step: step === undefined ? horizon : whole("step", step),
    freq: options.freq ?? read?.freq,
    weekStart: read?.week_start ?? undefined,
  });
}
