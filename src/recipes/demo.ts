import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type CalendarFill, fillCalendar } from "../calendar/index.ts";
import { type Database, databaseBeside, withClient } from "../database/connection.ts";
import { type LoadResult, load } from "../ingest/index.ts";
import { type MigrationResult, upgrade } from "../migration/index.ts";
import { type Rollup, rollUp } from "../rollup/index.ts";

/** A database of its own, so that the demo never meets a real warehouse on the same server. */
export const demoDatabaseName = "forecastlab_demo";

/** What a step of the demo did, in the order of the steps. */
export type DemoStep =
  | { readonly name: "schema"; readonly result: MigrationResult }
  | { readonly name: "calendar"; readonly result: CalendarFill }
  | { readonly name: "load"; readonly result: LoadResult }
  | { readonly name: "rollup"; readonly result: Rollup };

export interface DemoResult {
  readonly database: string;
  readonly calendar: CalendarFill;
  /** Stores, products, transactions. */
  readonly loads: readonly LoadResult[];
  readonly rollup: Rollup;
  /** Grain: one row per week. */
  readonly weeks: readonly DemoRow[];
  /** The best sellers of the last 30 days. Grain: one row per product. */
  readonly products: readonly DemoRow[];
}

/** A row of a query of examples/queries/kpi_sales.sql; decimals are text. */
export type DemoRow = Readonly<Record<string, string | number | null>>;

/**
 * Loads a month of a real shop into a database of its own on the server, and asks for its figures: schema, calendar,
 * dimensions, transactions, and the daily sales they add up to. A second run changes nothing.
 */
export async function runDemo(
  server: Database,
  { onStep, signal }: { readonly onStep?: (step: DemoStep) => void; readonly signal?: AbortSignal } = {},
): Promise<DemoResult> {
  const database = await demoDatabase(server);
  onStep?.({ name: "schema", result: await upgrade(database, { signal }) });

  const range = { from: "2010-12-01", to: "2010-12-31", region: { country: "GB" } };
  const calendar = await fillCalendar(database, { ...range, signal });
  onStep?.({ name: "calendar", result: calendar });

  const file = example("data/online_retail_2010-12.csv.gz");
  const loads: LoadResult[] = [];
  for (const table of ["store", "product", "sales_txn"] as const) {
    const mapping = example(`mappings/online_retail/${table}.yaml`);
    const result = await load(database, { table, files: [file], mapping, signal });
    onStep?.({ name: "load", result });
    loads.push(result);
  }
  const rollup = await rollUp(database, { signal });
  onStep?.({ name: "rollup", result: rollup });
  return { database: demoDatabaseName, calendar, loads, rollup, ...(await keyFigures(database)) };
}

async function demoDatabase(server: Database): Promise<Database> {
  await withClient(server, async (client) => {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [demoDatabaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${demoDatabaseName}`);
  });
  return databaseBeside(server, demoDatabaseName);
}

/** The second and third query of examples/queries/kpi_sales.sql. */
async function keyFigures(database: Database): Promise<Pick<DemoResult, "weeks" | "products">> {
  const queries = readFileSync(example("queries/kpi_sales.sql"), "utf8").replaceAll(/--.*$/gm, "").split(";");
  return withClient(database, async (client) => ({
    weeks: (await client.query<DemoRow>(queries[1] ?? "")).rows,
    products: (await client.query<DemoRow>(queries[2] ?? "")).rows,
  }));
}

/** The path of a file of examples/. */
function example(path: string): string {
  return fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));
}
