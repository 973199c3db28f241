import { renderPlot } from "../../frame/index.ts";
import type { DemoResult, DemoRow, DemoStep, KeyFigures } from "../../recipes/demo.ts";
import { decimalText, numberText, secondsText } from "../../system/numbers.ts";
import { printAudit } from "./audit-report.ts";
import { printFrame } from "./frame-report.ts";
import { type Output, table } from "./output.ts";
import { readingText } from "./reading-text.ts";

/** Prints what a step of the demo did: a line about the warehouse, or what was asked of it. */
export function printDemoStep(step: DemoStep, output: Output): void {
  switch (step.name) {
    case "figures":
      printFigures(step.result, output);
      break;
    case "frame":
      output.report();
      printFrame(step.result, output);
      break;
    case "plot": {
      output.line();
      for (const line of renderPlot(step.result, output)) output.line(line);
      break;
    }
    case "audit":
      output.line();
      printAudit(step.result, output);
      break;
    default: {
      const [name, text] = stepText(step);
      output.report(`  ${name.padEnd(11)}  ${text}`);
    }
  }
}

type LoadingStep = Extract<DemoStep, { readonly name: "schema" | "calendar" | "load" | "rollup" }>;

function stepText(step: LoadingStep): [name: string, text: string] {
  switch (step.name) {
    case "schema": {
      const { steps } = step.result;
      return ["schema", steps.length === 0 ? "up to date" : `${steps.length} revisions applied`];
    }
    case "calendar":
      return ["calendar", changes(step.result)];
    case "load": {
      const { table: name, already_loaded, filtered } = step.result;
      const left = filtered === 0 ? "" : `, ${numberText(filtered)} filtered out`;
      return [name, already_loaded.length > 0 ? "loaded before" : `${changes(step.result)}${left}`];
    }
    case "rollup":
      return ["sales_daily", changes(step.result)];
  }
}

const changes = ({
  inserted,
  updated,
  unchanged,
}: Readonly<Record<"inserted" | "updated" | "unchanged", number>>) =>
  `${numberText(inserted)} inserted, ${numberText(updated)} updated, ${numberText(unchanged)} unchanged`;

function printFigures({ weeks, products }: KeyFigures, output: Output): void {
  const print = (title: string, headings: string[], rows: (string | number)[][]) => {
    output.line();
    output.line(output.colors.bold(title));
    for (const line of table([headings, ...rows], output.room - 2)) output.line(`  ${line}`);
  };
  print(
    "Weeks",
    ["week from", "days", "units", "revenue", "avg price"],
    weeks.map((row) => [
      text(row.week_start),
      whole(row.days),
      whole(row.total_units),
      money(row.total_revenue),
      money(row.avg_price),
    ]),
  );
  print(
    "Best sellers, last 30 days",
    ["", "SKU", "product", "units", "revenue"],
    products.map((row) => [
      whole(row.revenue_rank),
      text(row.sku),
      text(row.name),
      whole(row.total_units),
      money(row.total_revenue),
    ]),
  );
}

const text = (value: DemoRow[string] | undefined) => String(value ?? "");
const whole = (value: DemoRow[string] | undefined) => Number(value);
const money = (value: DemoRow[string] | undefined) => decimalText(text(value));

/** The time, and lines to type next. @param embedded whether the server stops with the command */
export function printDemoEnd(result: DemoResult, embedded: boolean, output: Output): void {
  const seconds = Object.values(result.seconds).reduce((sum, value) => sum + value, 0);
  output.report();
  output.report(output.colors.bold(`Done in ${secondsText(seconds)}. Type next:`));
  for (const [what, lines] of nextLines(result, embedded, output.program)) {
    output.report(output.colors.dim(`  # ${what}`));
    for (const line of lines) output.report(`  ${line}`);
  }
}

/** What a person may want next, and the lines of a shell that do it. They fit on a terminal of 80 columns. */
function nextLines(
  { database, frame }: DemoResult,
  embedded: boolean,
  program: string,
): [what: string, lines: readonly string[]][] {
  const { cutoff, horizon } = frame.manifest;
  const password = embedded ? "" : " --show-password";
  return [
    [
      "the series with the most units, as a page for a browser",
      [`${program} frame plot ${word(frame.training)} --html plot.html`],
    ],
    [
      `frames of two cutoffs, from the database ${database}`,
      [
        ...(embedded ? [`${program} db start`] : []),
        `export DATABASE_URL="$(${program} db url -d ${database}${password})"`,
        `${program} frame --cutoff ${cutoff} --horizon ${horizon} --folds 2 --out folds`,
      ],
    ],
    ["in Python", ["import pandas as pd", `train = ${readingText(frame, Number.POSITIVE_INFINITY)}`]],
  ];
}

/** A path as a word of a shell. */
const word = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
