import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Database } from "../../database/connection.ts";
import { decimalText, numberText } from "../../system/numbers.ts";
import { type Context, examples, type RegisterCommand } from "../command.ts";
import { type Output, table } from "../render/output.ts";

/** A database of its own: whoever tries the demo on a server with a real warehouse must not find it in there. */
const databaseName = "forecastlab_demo";

export const registerDemo: RegisterCommand = (program, action) => {
  program
    .command("demo")
    .description("load a month of a real shop into a database of its own and print its figures")
    .addHelpText("before", examples("demo", `db psql -d ${databaseName}`))
    .action(action(demo));
};

async function demo({ settings, output, signal }: Context): Promise<number> {
  const { withDatabase } = await import("../../database/open.ts");
  return withDatabase(settings, async (server) => {
    const database = await demoDatabase(server);
    output.line(output.colors.bold("A month of a giftware shop (Online Retail, UCI, CC BY 4.0)"));
    const steps = await fill(database, output, signal);
    const figures = await keyFigures(database);
    output.result({ database: databaseName, ...steps, ...figures });
    printFigures(figures, output);
    output.line();
    output.line(`All of it is in the database ${databaseName}: forecastlab db psql -d ${databaseName}`);
    return 0;
  });
}

async function demoDatabase(server: Database): Promise<Database> {
  const { databaseBeside, withClient } = await import("../../database/connection.ts");
  await withClient(server, async (client) => {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [databaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${databaseName}`);
  });
  return databaseBeside(server, databaseName);
}

/** Schema, days, dimensions, transactions, and the days they make: what a user does, step by step. */
async function fill(database: Database, output: Output, signal: AbortSignal) {
  const [{ upgrade }, { fillCalendar }, { load }, { rollUp }] = await Promise.all([
    import("../../migration/index.ts"),
    import("../../calendar/index.ts"),
    import("../../ingest/index.ts"),
    import("../../rollup/index.ts"),
  ]);
  const told = (step: string, what: string) => output.line(`  ${step.padEnd(11)} ${what}`);
  const counted = ({
    inserted,
    updated,
    unchanged,
  }: {
    inserted: number;
    updated: number;
    unchanged: number;
  }) =>
    `${numberText(inserted)} inserted, ${numberText(updated)} updated, ${numberText(unchanged)} unchanged`;

  const { steps } = await upgrade({ database, signal });
  told("schema", steps.length === 0 ? "up to date" : `${steps.length} revisions applied`);

  const range = { from: "2010-12-01", to: "2010-12-31", region: { country: "GB" } };
  const calendar = await fillCalendar(database, range);
  told("calendar", counted(calendar));

  const file = example("data/online_retail_2010-12.csv.gz");
  const loads = [];
  for (const name of ["store", "product", "sales_txn"] as const) {
    const mapping = example(`mappings/online_retail/${name}.yaml`);
    const loaded = await load(database, { table: name, files: [file], mapping, signal });
    const filtered = loaded.filtered === 0 ? "" : `, ${numberText(loaded.filtered)} filtered out`;
    told(name, loaded.already_loaded.length > 0 ? "loaded before" : `${counted(loaded)}${filtered}`);
    loads.push(loaded);
  }
  const rollup = await rollUp(database);
  told("sales_daily", counted(rollup));
  return { calendar, loads, rollup };
}

type Row = Record<string, string | number | null>;

/** The second and third query of examples/queries/kpi_sales.sql. */
async function keyFigures(database: Database): Promise<{ weeks: Row[]; products: Row[] }> {
  const { withClient } = await import("../../database/connection.ts");
  const queries = readFileSync(example("queries/kpi_sales.sql"), "utf8").replaceAll(/--.*$/gm, "").split(";");
  return withClient(database, async (client) => ({
    weeks: (await client.query<Row>(queries[1] ?? "")).rows,
    products: (await client.query<Row>(queries[2] ?? "")).rows,
  }));
}

function printFigures({ weeks, products }: { weeks: Row[]; products: Row[] }, output: Output): void {
  const print = (title: string, headings: string[], rows: (string | number)[][]) => {
    output.line();
    output.line(output.colors.bold(title));
    for (const line of table([headings, ...rows])) output.line(`  ${line}`);
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

function example(path: string): string {
  return fileURLToPath(new URL(`../../../examples/${path}`, import.meta.url));
}
const text = (value: Row[string] | undefined) => String(value ?? "");
const whole = (value: Row[string] | undefined) => Number(value);
const money = (value: Row[string] | undefined) => decimalText(text(value));
