import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Engine } from "../../src/duckdb/engine.ts";
import { allDrivers } from "../../src/frame/drivers/index.ts";
import { type EngineTable, engineTablesOf } from "../../src/frame/engine-tables.ts";
import {
  auditFrame,
  buildFrame,
  buildFrames,
  type FrameRequest,
  frameReadiness,
  parseSpec,
} from "../../src/frame/index.ts";
import { Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { fillFiveMonths } from "./support/five-months.ts";

/* Every engine that the library starts is looked at after each of its statements. */

interface FoundTable {
  readonly name: string;
  readonly kind: "table" | "view";
  readonly columns: Readonly<Record<string, string>>;
}

interface Observed {
  /** When the first table was made. */
  settings: Record<string, string>;
  /** Tables and views as they were found, after any statement and after the last one. */
  readonly found: FoundTable[];
  last: readonly FoundTable[];
}

const engines = vi.hoisted((): Observed[] => []);
vi.mock("../../src/duckdb/engine.ts", async (importOriginal) => {
  const actual = await importOriginal<typeof import("../../src/duckdb/engine.ts")>();
  const withEngine: typeof actual.withEngine = (signal, work, options) =>
    actual.withEngine(signal, (engine) => work(observed(engine)), options);
  return { ...actual, withEngine };
});

function observed(engine: Engine): Engine {
  const observation: Observed = { settings: {}, found: [], last: [] };
  engines.push(observation);
  const run = async (sql: string) => {
    await engine.run(sql);
    const tables = await tablesIn(engine);
    if (tables.length > 0 && observation.found.length === 0) observation.settings = await settingsOf(engine);
    observation.found.push(...tables);
    observation.last = tables;
  };
  return { ...engine, run };
}

async function tablesIn(engine: Engine): Promise<FoundTable[]> {
  const columns = await engine.rows<{ name: string; kind: "table" | "view"; column: string; type: string }>(`
    WITH found AS (
      SELECT table_oid AS oid, database_name, 'table' AS kind FROM duckdb_tables() WHERE NOT internal
      UNION ALL
      SELECT view_oid, database_name, 'view' FROM duckdb_views() WHERE NOT internal
    )
    SELECT table_name AS name, kind, column_name AS column, data_type AS type
    FROM found
    JOIN duckdb_columns() AS columns ON columns.table_oid = found.oid AND columns.database_name = found.database_name
    ORDER BY name, column_index
  `);
  const names = [...new Set(columns.map(({ name }) => name))];
  return names.map((name) => {
    const own = columns.filter((column) => column.name === name);
    return {
      name,
      kind: own[0]?.kind ?? "table",
      columns: Object.fromEntries(own.map(({ column, type }) => [column, type])),
    };
  });
}

async function settingsOf(engine: Engine): Promise<Record<string, string>> {
  const settings = await engine.rows<{ name: string; value: string }>(
    // The folder differs each time, and the audit builds its frames in a schema of its own.
    "SELECT name, value FROM duckdb_settings() WHERE name NOT IN ('temp_directory', 'schema', 'search_path')",
  );
  return Object.fromEntries(settings.map(({ name, value }) => [name, value]));
}

const database = await freshDatabase();
const workspace = new Workspace();
beforeAll(() => fillFiveMonths(database));
beforeEach(() => void engines.splice(0));

const definition = { cutoff: "2024-03-31", horizon: 7 };
const specs = {
  default: "{ version: 1 }",
  amounts: "{ version: 1, target: total_amount, fill: null, closed_days: mask, price_gaps: forward_fill }",
  someProducts:
    "{ version: 1, series: { product: { sku: [A, B] } }, closed_days: drop, ended: { after_days: 1, policy: trim } }",
  withoutDrivers:
    "{ version: 1, drivers: [], lags: [], windows: [], weekday_windows: [], ended: { after_days: 9, policy: drop } }",
};
const specOf = (name: keyof typeof specs) => parseSpec(specs[name], name);
const build = (spec: keyof typeof specs, request: Partial<FrameRequest> = {}) =>
  buildFrame(database, {
    ...{ ...definition, spec: specOf(spec), out: workspace.path(`${spec}.parquet`) },
    ...request,
  });

describe("the tables of the engine", () => {
  const declared = new Map(engineTablesOf(allDrivers).map((table) => [table.name, table]));
  const isDeclared = (table: EngineTable, column: string, type: string) =>
    table.further === "columns of the frame" ||
    (table.further === "features" && type === "DOUBLE" && /_lag_\d+$/.test(column)) ||
    (table.columns[column]?.split(" or ") ?? []).includes(type);

  test("are all declared, with their columns, and all that are declared are made", async () => {
    for (const name of Object.keys(specs)) await build(name as keyof typeof specs);
    await build("default", { out: workspace.path("folder"), partitionBy: ["store_code"] });
    for (const freq of ["week", "month"] as const) await build("default", { freq, horizon: 2 });
    const cutoffs = ["2024-03-01", definition.cutoff];
    await buildFrames(database, { cutoffs, horizon: 7, out: workspace.path("cutoffs") });
    await auditFrame(database, { ...definition, spec: specOf("amounts") });
    await frameReadiness(database, definition);
    const found = engines.flatMap((engine) => engine.found);
    const undeclared = found.flatMap(({ name, kind, columns }) => {
      const table = declared.get(name);
      if (table?.kind !== kind) return [`${kind} ${name}`];
      return Object.entries(columns)
        .filter(([column, type]) => !isDeclared(table, column, type))
        .map(([column, type]) => `${name}.${column} ${type}`);
    });
    expect([...new Set(undeclared)]).toEqual([]);
    const names = (columns: object) => Object.keys(columns);
    const notMade = [...declared.values()].flatMap(({ name, columns }) => {
      const made = found.filter((table) => table.name === name);
      if (made.length === 0) return [name];
      const inAny = new Set(made.flatMap((table) => names(table.columns)));
      return names(columns).flatMap((column) => (inAny.has(column) ? [] : [`${name}.${column}`]));
    });
    expect(notMade).toEqual([]);
  });

  test("last as long as they declare", async () => {
    await build("default", { out: workspace.path("lasting"), partitionBy: ["store_code"] });
    await auditFrame(database, definition);
    const [frame, audit] = engines;
    const kept = (frame?.found ?? []).filter(({ name }) => declared.get(name)?.droppedBy === null);
    expect(frame?.last.map(({ name }) => name)).toEqual([...new Set(kept.map(({ name }) => name))].sort());
    expect(audit?.last).toEqual([]);
  });
});

test("a frame and its audit run with the same settings of the engine", async () => {
  await build("default");
  await auditFrame(database, definition);
  const [frame, audit] = engines.map(({ settings }) => settings);
  expect(frame).toMatchObject({ disabled_optimizers: "", memory_limit: "762.9 MiB", TimeZone: "UTC" });
  expect(audit).toEqual(frame);
});
