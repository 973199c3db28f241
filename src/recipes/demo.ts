import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CalendarFill, fillCalendar } from "../calendar/index.ts";
import { type Database, databaseBeside, withClient } from "../database/connection.ts";
import {
  type AuditReport,
  auditFrame,
  buildFrame,
  type FramePhase,
  type FrameResult,
  type PlottedSeries,
  readSeries,
} from "../frame/index.ts";
import { type LoadPhase, type LoadResult, load } from "../ingest/index.ts";
import { type MigrationResult, upgrade } from "../migration/index.ts";
import { type Rollup, rollUp } from "../rollup/index.ts";
import { withFileFailures } from "../system/file-failures.ts";
import { type Progress, phaseClock } from "../system/phase-clock.ts";

/** A database of its own, so that the demo never meets a real warehouse on the same server; and the folder of its frame. */
export const demoDatabaseName = "forecastlab_demo";

/** Sixteen days to train on, and the week after them, whose sales are known too. */
const definition = { cutoff: "2010-12-16", horizon: 7 };

/** What a step of the demo did, in the order of the steps. */
export type DemoStep =
  | { readonly name: "schema"; readonly result: MigrationResult }
  | { readonly name: "calendar"; readonly result: CalendarFill }
  | { readonly name: "load"; readonly result: LoadResult }
  | { readonly name: "rollup"; readonly result: Rollup }
  | { readonly name: "figures"; readonly result: KeyFigures }
  | { readonly name: "frame"; readonly result: FrameResult }
  | { readonly name: "plot"; readonly result: PlottedSeries }
  | { readonly name: "audit"; readonly result: AuditReport };

export type DemoStepName = DemoStep["name"];

const stepNames = ["schema", "calendar", "load", "rollup", "figures", "frame", "plot", "audit"] as const;

export interface KeyFigures {
  /** Grain: one row per week. */
  readonly weeks: readonly DemoRow[];
  /** The best sellers of the last 30 days. Grain: one row per product. */
  readonly products: readonly DemoRow[];
}

export interface DemoResult extends KeyFigures {
  readonly database: string;
  readonly calendar: CalendarFill;
  /** Stores, products, transactions. */
  readonly loads: readonly LoadResult[];
  readonly rollup: Rollup;
  readonly frame: FrameResult;
  /** The series of the first of the products, in the country that the shop is in. */
  readonly best_seller: PlottedSeries;
  readonly audit: AuditReport;
  /** By step, to the millisecond. */
  readonly seconds: Readonly<Record<DemoStepName, number>>;
}

/** A row of a query of examples/queries/kpi_sales.sql; decimals are text. */
export type DemoRow = Readonly<Record<string, string | number | null>>;

export interface DemoOptions {
  /** The folder of the frame, which is made. */
  readonly out: string;
  /** Called when a step starts, and while it runs: with its phases, if it has any, or its name. */
  readonly onProgress?: ((progress: Progress<LoadPhase | FramePhase | DemoStepName>) => void) | undefined;
  /** Called when a step is done. */
  readonly onStep?: ((step: DemoStep) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Loads a month of a real shop into a database of its own on the server (schema, calendar, dimensions, transactions, and the daily
 * sales they add up to), asks for its figures, builds a frame to forecast a week, reads its best seller and audits it. A second run
 * changes nothing in the database, and writes the same frame.
 */
export async function runDemo(
  server: Database,
  { out, onProgress, onStep = () => {}, signal }: DemoOptions,
): Promise<DemoResult> {
  withFileFailures(out, "written", () => mkdirSync(out, { recursive: true }));
  const clock = phaseClock(stepNames, onProgress);
  const loads: LoadResult[] = [];
  const database = await demoDatabase(server);
  onStep({ name: "schema", result: await upgrade(database, { signal }) });

  clock.enter("calendar");
  const range = { from: "2010-12-01", to: "2010-12-31", region: { country: "GB" } };
  const calendar = await fillCalendar(database, { ...range, signal });
  onStep({ name: "calendar", result: calendar });

  clock.enter("load");
  const files = [example("data/online_retail_2010-12.csv.gz")];
  for (const table of ["store", "product", "sales_txn"] as const) {
    const mapping = example(`mappings/online_retail/${table}.yaml`);
    const result = await load(database, { table, files, mapping, onProgress, signal });
    onStep({ name: "load", result });
    loads.push(result);
  }

  clock.enter("rollup");
  const rollup = await rollUp(database, { signal });
  onStep({ name: "rollup", result: rollup });

  clock.enter("figures");
  const figures = await keyFigures(database);
  onStep({ name: "figures", result: figures });

  clock.enter("frame");
  const place = { out: join(out, "frame.parquet"), onProgress, signal };
  const frame = await buildFrame(database, { ...definition, ...place });
  onStep({ name: "frame", result: frame });

  clock.enter("plot");
  const best_seller = await readSeries(frame.training, `United Kingdom/${figures.products[0]?.sku}`, signal);
  onStep({ name: "plot", result: best_seller });

  clock.enter("audit");
  const onCheck = (_: string, done: number, checks: number) => clock.progress(done, checks + 1);
  const audit = await auditFrame(database, { ...definition, onCheck, signal });
  onStep({ name: "audit", result: audit });

  const results = { calendar, loads, rollup, ...figures, frame, best_seller, audit };
  return { database: demoDatabaseName, ...results, seconds: clock.stop() };
}

async function demoDatabase(server: Database): Promise<Database> {
  await withClient(server, async (client) => {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [demoDatabaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${demoDatabaseName}`);
  });
  return databaseBeside(server, demoDatabaseName);
}

/** The second and third query of examples/queries/kpi_sales.sql. */
async function keyFigures(database: Database): Promise<KeyFigures> {
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
