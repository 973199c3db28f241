import type { BacktestResult, ModelScores, ScoreResult } from "../../backtest/index.ts";
import { countText, numberText, secondsText } from "../../system/numbers.ts";
import { type Output, table } from "./output.ts";

/** Prints how good the models were: in all, by steps of the horizon, and by class of demand. */
export function printBacktest(result: BacktestResult, output: Output): void {
  const { folds, horizon, freq, models, ridge, out, seconds } = result;
  const [first, last] = [folds[0], folds.at(-1)];
  output.report(
    output.colors.bold(
      `${countText(folds.length, "fold")} of ${countText(horizon, freq)}, ${first?.from} to ${last?.to}, ` +
        `${countText(last?.series ?? 0, "series", "series")} in the last one`,
    ),
  );
  printModels(models, freq, output);
  if (ridge !== null) {
    const [strongest] = ridge.strongest;
    output.report(
      `  ${output.colors.dim(`ridge: ${numberText(ridge.terms)} terms, ${numberText(ridge.rows)} rows${strongest === undefined ? "" : `, strongest ${strongest.term}`}`)}`,
    );
  }
  const times = Object.entries(seconds).map(([phase, value]) => `${phase} ${secondsText(value)}`);
  output.report(`  ${output.colors.dim(times.join(", "))}`);
  if (out !== null) output.report(`  forecasts: ${out}`);
}

/** The same of a file's forecasts. */
export function printScores(result: ScoreResult, output: Output): void {
  const { rows, series, cutoffs, models, freq } = result;
  output.report(
    output.colors.bold(
      `${countText(rows, "forecast row")} of ${countText(series, "series", "series")}, ${countText(cutoffs.length, "cutoff")} from ${cutoffs[0]} to ${cutoffs.at(-1)}`,
    ),
  );
  printModels(models, freq, output);
  const note = (text: string) => output.note(`${output.errorColors.yellow("note")} ${text}`);
  if (result.y_from_warehouse > 0) {
    note(
      `the file lacks ${countText(result.y_from_warehouse, "actual value")}: those of the warehouse were used`,
    );
  }
  if (result.y_differs > 0) {
    note(
      `${countText(result.y_differs, "actual value")} of the file ${result.y_differs === 1 ? "is" : "are"} not those of the warehouse: the file's were scored`,
    );
  }
  if (result.unknown_series > 0) {
    note(`the warehouse does not have ${countText(result.unknown_series, "series", "series")} of the file`);
  }
}

function printModels(models: readonly ModelScores[], freq: string, output: Output): void {
  const coverage = (scores: ModelScores, level: number) =>
    percent(scores.intervals.find((interval) => interval.level === level)?.coverage ?? null);
  const levels = [...new Set(models.flatMap(({ intervals }) => intervals.map(({ level }) => level)))];
  output.report();
  const heading = [
    ...["model", "rmsse", "wape %", "bias %", "mase", "mae"],
    ...levels.map((level) => `% in ${level}`),
  ];
  const rows = models.map((scores) => [
    scores.model,
    ...[decimal(scores.rmsse), percent(scores.wape), percent(scores.bias), decimal(scores.mase)],
    decimal(scores.mae),
    ...levels.map((level) => coverage(scores, level)),
  ]);
  printTable([heading, ...rows], output, true);
  printGroups(models, "step", `wape in % by ${freq}s ahead`, output);
  printGroups(models, "class", "rmsse by class of demand", output);
  const [best] = models;
  if (best === undefined) return;
  const { rows: scored, series_without_rmsse_scale, series, rows_without_y } = best;
  const parts = [
    countText(scored, "scored row"),
    ...(best.weight_0 === null ? [] : [`${countText(best.weight_0.rows, "row")} of weight 0 apart`]),
    ...(rows_without_y === 0 ? [] : [`${countText(rows_without_y, "row")} without an actual value`]),
    ...(series_without_rmsse_scale === 0
      ? []
      : [
          `${numberText(series_without_rmsse_scale)} of ${countText(series, "series", "series")} without a scale: not in rmsse`,
        ]),
  ];
  output.report();
  output.report(`  ${output.colors.dim(parts.join(", "))}`);
}

/** One column per group. Steps have wape; classes have rmsse, because wape prefers forecasts of 0 for intermittent demand. */
function printGroups(
  models: readonly ModelScores[],
  by: "step" | "class",
  title: string,
  output: Output,
): void {
  const groups = [...new Set(models.flatMap((model) => model.by[by].map(({ group }) => group)))];
  if (groups.length < 2) return;
  const cell = (model: ModelScores, group: string | null) => {
    const scores = model.by[by].find((one) => one.group === group)?.scored;
    return by === "step" ? percent(scores?.wape ?? null) : decimal(scores?.rmsse ?? null);
  };
  output.report();
  output.report(`  ${output.colors.bold(title)}`);
  const heading = ["model", ...groups.map((group) => (group ?? "none").replace("_", " "))];
  printTable(
    [heading, ...models.map((model) => [model.model, ...groups.map((group) => cell(model, group))])],
    output,
    false,
  );
}

function printTable(rows: readonly (readonly string[])[], output: Output, first: boolean): void {
  for (const [index, line] of table(fitting(rows, output.room - 2), output.room - 2).entries()) {
    output.report(`  ${first && index === 1 ? output.colors.green(line) : line}`);
  }
}

/** Without columns that have no value, and without the last ones if the others would not fit: models are compared line by line. */
function fitting(rows: readonly (readonly string[])[], room: number): readonly (readonly string[])[] {
  const [heading = [], ...models] = rows;
  const hasValue = heading.map((_, column) => models.some((row) => row[column] !== "-"));
  let kept = rows.map((row) => row.filter((_, column) => hasValue[column]));
  for (;;) {
    const [lines, columns] = [table(kept, room), kept[0]?.length ?? 0];
    // A table that does not fit becomes a list, which has more lines; names are cut before that.
    const isWide = lines.length > rows.length || (columns > 5 && lines.some((line) => line.includes("…")));
    if (!isWide || columns <= 2) return kept;
    kept = kept.map((row) => row.slice(0, -1));
  }
}

const decimal = (value: number | null) => (value === null ? "-" : value.toFixed(3));
/** As a number of percent: the sign would keep the column from being aligned as numbers. */
const percent = (value: number | null) =>
  value === null ? "-" : (100 * value).toFixed(1).replace(/^-(?=0\.0$)/, "");
