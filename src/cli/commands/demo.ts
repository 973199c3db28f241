import type { DemoResult, DemoRow, DemoStep } from "../../recipes/demo.ts";
import { decimalText, numberText } from "../../system/numbers.ts";
import { type Context, examples, type RegisterCommand } from "../command.ts";
import { type Output, table } from "../render/output.ts";

export const registerDemo: RegisterCommand = (program, action) => {
  program
    .command("demo")
    .description("load a month of a real shop into a database of its own and print its figures")
    .addHelpText("after", examples("demo", "db psql -d forecastlab_demo"))
    .action(action(demo));
};

async function demo({ settings, output, signal }: Context): Promise<number> {
  const [{ withDatabase }, { runDemo }] = await Promise.all([
    import("../../database/open.ts"),
    import("../../recipes/demo.ts"),
  ]);
  return withDatabase(settings, async (server) => {
    output.line(output.colors.bold("A month of a giftware shop (Online Retail, UCI, CC BY 4.0)"));
    const result = await runDemo(server, { onStep: (step) => printStep(step, output), signal });
    output.result(result);
    printFigures(result, output);
    output.line();
    output.report(
      `The data is in the database ${result.database}: ${output.program} db psql -d ${result.database}`,
    );
    return 0;
  });
}

function printStep(step: DemoStep, output: Output): void {
  const [name, text] = stepText(step);
  output.report(`  ${name.padEnd(11)}  ${text}`);
}

function stepText(step: DemoStep): [name: string, text: string] {
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

function printFigures({ weeks, products }: DemoResult, output: Output): void {
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
