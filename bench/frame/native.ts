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

/* The same frame from DuckDB's own tables: the code that makes it is ours, only the facts come from elsewhere. */

/** The warehouse's tables as tables of DuckDB. */
export interface Native {
  /** The database file. */
  readonly path: string;
  /** What the warehouse says of itself before a frame reads its facts, by question. */
  readonly answers: ReadonlyMap<string, object[]>;
}

interface CheckedDefinition {
  readonly cutoff: string;
  readonly horizon: number;
}

/** What src/frame/source calls by these names, as far as it is used here. */
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
      if (answer === undefined) throw new Error(`the warehouse was not asked: ${sql}`);
      return answer;
    },
    // The query's names are those of the file's tables, some of which the engine's own have too.
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

/** Copies the warehouse's tables, in the order their rows were loaded in, and asks it what a frame asks first. */
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
        // Two workers would mix up the order.
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
  // Numbers with decimals are doubles in a frame.
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
    internal("frame/request.js"),
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
