import type { Command } from "commander";
import { type Context, examples, notes, type RegisterCommand } from "../command.ts";
import { type DefinitionOptions, definitionOptions, frameDefinitionOf } from "../frame-definition.ts";

interface Options extends DefinitionOptions {
  folds?: string;
  step?: string;
  out?: string;
}

export const registerBacktest: RegisterCommand = (program, action) => {
  const backtest = program
    .command("backtest")
    .description("forecast known days from what was known before them, and score the forecasts");
  for (const option of definitionOptions()) backtest.addOption(option);
  backtest
    .option("--folds <N>", "how many origins; the last fold ends with the cutoff (default: 3)")
    .option("--step <N>", "days, weeks or months from one origin to the next (default: the horizon)")
    .option("--out <file>", "write the forecasts, to .parquet or .csv in Nixtla's long format")
    .addHelpText(
      "after",
      notes(
        () =>
          "Nothing after the cutoff is used. The models and the scores are explained in docs/backtest.md.",
      ),
    )
    .addHelpText(
      "after",
      examples(
        "backtest --cutoff 2024-05-14 --horizon 14",
        "backtest --cutoff 2024-05-14 --horizon 28 --folds 4 --step 7 --out forecasts.parquet",
        "backtest --cutoff 2024-05-12 --horizon 8 --freq week",
        "backtest score forecasts.parquet",
      ),
    )
    .action(action((context, options: Options) => run(context, options)));
  const score = backtest
    .command("score")
    .description("score the forecasts of another tool by the same definitions")
    .argument("<file>", "Parquet or CSV: unique_id, ds, cutoff, y and a column per model");
  score
    .addHelpText(
      "after",
      notes(
        () =>
          "Scales, classes and weights come from the warehouse, as known at each cutoff of the file; so do actual values that the file does not have.",
      ),
    )
    .addHelpText(
      "after",
      examples("backtest score forecasts.parquet", "backtest score weekly.csv --freq week"),
    )
    .action(action((context, file: string) => scoreFile(context, file, backtest)));
  for (const option of definitionOptions().filter(({ long }) => taken.includes(long ?? ""))) {
    score.addOption(option);
  }
};

/** Options of both commands; commander gives them to the first one, which parses first. */
const taken = ["--freq", "--spec", "--known-at"];

async function run(context: Context, options: Options): Promise<undefined> {
  const { output, settings, signal, streams } = context;
  const definition = await frameDefinitionOf(options);
  const [{ backtest }, { withDatabase }, { printBacktest }, { progressDisplay }, { fail }] =
    await Promise.all([
      import("../../backtest/index.ts"),
      import("../../database/open.ts"),
      import("../render/backtest-report.ts"),
      import("../render/progress.ts"),
      import("../../errors.ts"),
    ]);
  const whole = (name: "folds" | "step") => {
    const text = options[name];
    if (text === undefined) return undefined;
    if (!/^[1-9]\d{0,3}$/.test(text)) {
      throw fail("USAGE", { problem: `--${name} takes a whole number from 1, not ${text}.` });
    }
    return Number(text);
  };
  const { onProgress, clear } = progressDisplay(output, streams.stderr);
  const request = {
    ...definition,
    ...{ folds: whole("folds"), step: whole("step"), out: options.out, signal, onProgress },
  };
  const result = await withDatabase(settings, (database) => backtest(database, request)).finally(clear);
  output.result(result);
  printBacktest(result, output);
}

async function scoreFile(context: Context, file: string, backtest: Command): Promise<undefined> {
  const { output, settings, signal, streams } = context;
  const [{ scoreForecasts }, { withDatabase }, { printScores }, { whileDoing }, { fail }] = await Promise.all(
    [
      import("../../backtest/index.ts"),
      import("../../database/open.ts"),
      import("../render/backtest-report.ts"),
      import("../render/progress.ts"),
      import("../../errors.ts"),
    ],
  );
  const given = backtest.options.find(
    (option) =>
      !taken.includes(option.long ?? "") && backtest.getOptionValue(option.attributeName()) !== undefined,
  );
  if (given !== undefined) {
    throw fail("USAGE", { problem: `backtest score does not take ${given.long}.` });
  }
  const { spec, freq, knownAt } = backtest.opts<DefinitionOptions>();
  const work = withDatabase(settings, (database) =>
    scoreForecasts(database, { file, spec, freq, knownAt, signal }),
  );
  const result = await whileDoing(output, streams.stderr, "scoring forecasts", work);
  output.result(result);
  printScores(result, output);
}
