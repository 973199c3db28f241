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

/* The same frame from tables of DuckDB: our code builds it, only the facts are read from another database. */

/** The tables of the warehouse as tables of DuckDB. */
export interface Native {
  /** The database file. */
  readonly path: string;
  /** What the warehouse answers before a frame reads its facts, by question. */
  readonly answers: ReadonlyMap<string, object[]>;
}

interface FrameDefinition {
  readonly cutoff: string;
  readonly horizon: number;
}

/** The interface of this name in src/frame/source, as far as it is used here. */
interface WarehouseReader {
  readonly connections: number;
  rows(sql: string, values?: readonly unknown[]): Promise<object[]>;
  read(
    engine: { run(sql: string): Promise<void> },
    connection: number,
    staging: { readonly table: { readonly name: string }; query(where: string): string },
    where: string,
  ): Promise<{ readonly done: Promise<void> }>;
}

export async function computeFromNative(
  { path, answers }: Native,
  request: FrameDefinition & { readonly out: string; readonly signal: AbortSignal },
): Promise<FrameOutcome> {
  const { buildFrameFrom } = await internal("frame/frame.js");
  const reader: WarehouseReader = {
    connections: 1,
    rows: async (sql, values) => {
      const answer = answers.get(questionOf(sql, values));
      if (answer === undefined) throw new Error(`the warehouse was not asked: ${sql}`);
      return answer;
    },
    // The query names tables of the file. Some tables of the engine have the same names.
    read: async (engine, _, { table, query }, where) => {
      await engine.run(`ATTACH IF NOT EXISTS '${path}' AS native (READ_ONLY)`);
      await engine.run("USE native");
      await engine.run(`INSERT INTO memory.main.${table.name} ${query(where)}`);
      await engine.run("USE memory");
      return { done: Promise.resolve() };
    },
  };
  return buildFrameFrom((work: (reader: WarehouseReader) => Promise<unknown>) => work(reader), request);
}

/** Copies the tables of the warehouse in the order in which their rows were loaded, and asks what a frame asks first. */
export async function prepareNative(
  database: Database,
  definition: FrameDefinition,
  folder: string,
  signal: AbortSignal,
): Promise<Native> {
  const path = join(folder, "native.duckdb");
  const { frameTables } = await internal("frame/source/frame-tables.js");
  const copyAll = (connection: DuckDBConnection) =>
    withClient(
      database,
      async (client) => {
        // Two workers would mix up the order.
        await client.query("SET max_parallel_workers_per_gather = 0");
        for (const { name } of frameTables()) {
          await copyTable(client, connection, name, join(folder, "native.csv"));
        }
      },
      signal,
    );
  await withDuckDB(folder, copyAll, path);
  return { path, answers: await answersOf(database, definition, signal) };
}

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
  definition: FrameDefinition,
  signal: AbortSignal,
): Promise<Map<string, object[]>> {
  const [{ checkDefinition }, { prepareFrames }, { withSnapshot }] = await Promise.all([
    internal("frame/definition.js"),
    internal("frame/prepare.js"),
    internal("frame/source/snapshot.js"),
  ]);
  const answers = new Map<string, object[]>();
  const checked = await checkDefinition("buildFrame", definition);
  await withSnapshot(database, signal, (reader: WarehouseReader) => {
    const rows: WarehouseReader["rows"] = async (sql, values) => {
      const answer = await reader.rows(sql, values);
      answers.set(questionOf(sql, values), answer);
      return answer;
    };
    return prepareFrames({ ...reader, rows }, checked);
  });
  return answers;
}

const questionOf = (sql: string, values: readonly unknown[] = []) => JSON.stringify([sql, values]);
