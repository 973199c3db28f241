import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { type Client, type Database, withClient } from "forecastlab";
import { to } from "pg-copy-streams";
import { withDuckDB } from "../duckdb.ts";
import { internal } from "../internal.ts";
import type { FrameOutcome } from "./outcome.ts";

/* The same frame from DuckDB's own tables: computed by our code, only the facts come from another source. */

/** The tables of the warehouse as DuckDB tables. */
export interface Native {
  /** The database file. */
  readonly path: string;
  /** The results of the queries that a frame runs before it reads facts, by query. */
  readonly answers: ReadonlyMap<string, object[]>;
}

interface CheckedDefinition {
  readonly cutoff: string;
  readonly horizon: number;
}

/** The parts of src/frame/source that are used here. */
interface Source {
  readonly lanes: number;
  rows(sql: string, values?: readonly unknown[]): Promise<object[]>;
  read(
    engine: { run(sql: string): Promise<void> },
    lane: number,
    staged: { readonly table: string; query(where: string): string },
    where: string,
  ): Promise<{ readonly done: Promise<void> }>;
}

export async function computeFromNative(
  { path, answers }: Native,
  request: CheckedDefinition & { readonly out: string; readonly signal: AbortSignal },
): Promise<FrameOutcome> {
  const { frameOf } = await internal("frame/frame.js");
  const source: Source = {
    lanes: 1,
    rows: async (sql, values) => {
      const answer = answers.get(questionOf(sql, values));
      if (answer === undefined) throw new Error(`the warehouse has no recorded answer to: ${sql}`);
      return answer;
    },
    // Some table names exist both in the file and in the engine's own database, so the query runs inside the file.
    read: async (engine, _, { table, query }, where) => {
      await engine.run(`ATTACH IF NOT EXISTS '${path}' AS native (READ_ONLY)`);
      await engine.run("USE native");
      await engine.run(`INSERT INTO memory.main.${table} ${query(where)}`);
      await engine.run("USE memory");
      return { done: Promise.resolve() };
    },
  };
  return frameOf((work: (source: Source) => Promise<unknown>) => work(source), request);
}

/** Copies the tables of the warehouse, in the order in which their rows were loaded, and records the first queries of a frame. */
export async function prepareNative(
  database: Database,
  definition: CheckedDefinition,
  folder: string,
  signal: AbortSignal,
): Promise<Native> {
  const path = join(folder, "native.duckdb");
  const copyAll = (connection: DuckDBConnection) =>
    withClient(
      database,
      async (client) => {
        // Parallel workers would change the order.
        await client.query("SET max_parallel_workers_per_gather = 0");
        for (const table of tables) await copyTable(client, connection, table, join(folder, "native.csv"));
      },
      signal,
    );
  await withDuckDB(folder, copyAll, path);
  return { path, answers: await answersOf(database, definition, signal) };
}

const tables = [
  "store",
  "product",
  "calendar",
  "sales_daily",
  "inventory_snapshot_daily",
  "price_history",
  "promotion",
  "traffic_daily",
  "weather_daily",
];

async function copyTable(
  client: Client,
  connection: DuckDBConnection,
  table: string,
  file: string,
): Promise<void> {
  // Decimals are doubles in a frame.
  const { rows } = await client.query<{ columns: string }>(
    `SELECT string_agg(
       quote_literal(attname) || ': ' ||
         quote_literal(CASE WHEN atttypid = 'numeric'::regtype THEN 'double' ELSE format_type(atttypid, NULL) END),
       ', ' ORDER BY attnum
     ) AS columns
     FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  const copy = client.query(to(`COPY (SELECT * FROM ${table}) TO STDOUT WITH (FORMAT csv)`));
  await pipeline(copy, createWriteStream(file));
  await connection.run(`
    CREATE TABLE ${table} AS
    SELECT * FROM read_csv('${file}', auto_detect = false, header = false, quote = '"', columns = {${rows[0]?.columns}})
  `);
  await rm(file);
}

async function answersOf(
  database: Database,
  definition: CheckedDefinition,
  signal: AbortSignal,
): Promise<Map<string, object[]>> {
  const [{ checkDefinition }, { planFor }, { withSnapshot }] = await Promise.all([
    internal("frame/definition.js"),
    internal("frame/prepare.js"),
    internal("frame/source/snapshot.js"),
  ]);
  const answers = new Map<string, object[]>();
  const checked = await checkDefinition(definition);
  await withSnapshot(database, signal, (source: Source) => {
    const rows: Source["rows"] = async (sql, values) => {
      const answer = await source.rows(sql, values);
      answers.set(questionOf(sql, values), answer);
      return answer;
    };
    return planFor({ ...source, rows }, checked);
  });
  return answers;
}

const questionOf = (sql: string, values: readonly unknown[] = []) => JSON.stringify([sql, values]);
