import { type Client, type Database, withAbortableClient } from "../database/connection.ts";
import { type DescribedStatement, describeStatement, type TextRow } from "../database/row-stream.ts";
import { fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import { columnOf, type QueryColumn } from "./columns.ts";
import { asQueryFailure } from "./failures.ts";
import { parsedValue } from "./json-values.ts";
import { type QueryRows, requireDistinctNames } from "./query-rows.ts";
import { beginReadOnly } from "./read-only.ts";

export interface QueryOptions {
  /** Values of the parameters `$1`, `$2`, …, as text; PostgreSQL reads them as the query's types. Default: none. */
  readonly parameters?: readonly (string | null)[] | undefined;
  /** At most so many rows; default: all. */
  readonly limit?: number | undefined;
  /** After so many seconds the server gives up; 0: never; default 300. It counts until the last row is delivered. */
  readonly timeout_s?: number | undefined;
  /** Cancels the query on the server when it is aborted; default: none. */
  readonly signal?: AbortSignal | undefined;
}

export const defaultTimeout_s = 300;

/**
 * Runs one statement that reads, and gives its rows to the work as they arrive: millions of rows need little memory. Nothing
 * that the statement or the functions it calls could change is kept.
 *
 * @throws QUERY_INVALID with the place of the fault, QUERY_FAILED, QUERY_ONLY_READS, QUERY_NOT_ONE, QUERY_PARAMETERS,
 * QUERY_TIMEOUT, SCHEMA_MISSING, errors of the connection and of the work; the signal's reason when it is aborted
 *
 * @example
 * import { databaseOf, withQuery } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * const sql = "SELECT date, sum(quantity) FROM sales_daily WHERE date >= $1 GROUP BY date ORDER BY date";
 * await withQuery(warehouse, sql, { parameters: ["2024-01-01"] }, async ({ columns, batches }) => {
 *   console.log(columns.map(({ name }) => name));
 *   for await (const rows of batches) for (const [date, quantity] of rows) console.log(date, quantity);
 * });
 */
export async function withQuery<T>(
  database: Database,
  sql: string,
  options: QueryOptions,
  work: (rows: QueryRows) => Promise<T>,
): Promise<T> {
  requireQuery("withQuery", database, sql, options);
  kinds.requireArguments("withQuery", { work }, { work: kinds.callback });
  return withAbortableClient(database, (client) => runQuery(client, sql, options, work), options.signal);
}

/** A row of a result: its values by column. */
export type QueryRow = Readonly<Record<string, unknown>>;

export interface QueryResult {
  readonly columns: readonly Pick<QueryColumn, "name" | "type">[];
  readonly rows: readonly QueryRow[];
  readonly row_count: number;
  /** Whether there are more rows than the limit. */
  readonly more: boolean;
}

/**
 * Runs one statement that reads, and returns its rows as objects. Small integers, floats and booleans are JavaScript's, json
 * and jsonb are parsed; everything else is text: decimals and bigints lose no digit, days are `YYYY-MM-DD`. For many rows see
 * {@link withQuery} and {@link exportQuery}.
 *
 * @throws the errors of {@link withQuery}, and QUERY_COLUMNS_REPEATED
 *
 * @example
 * import { databaseOf, query } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * const { rows } = await query(warehouse, "SELECT code, name FROM store WHERE city = $1", { parameters: ["Leeds"] });
 * for (const { code, name } of rows) console.log(code, name);
 */
export async function query(
  database: Database,
  sql: string,
  options: QueryOptions = {},
): Promise<QueryResult> {
  requireQuery("query", database, sql, options);
  return withQuery(database, sql, options, async (result) => {
    const { columns } = result;
    requireDistinctNames(columns, "an object");
    const rows: QueryRow[] = [];
    for await (const batch of result.batches) {
      for (const row of batch) {
        rows.push(
          Object.fromEntries(
            columns.map(({ name, kind }, index) => [name, parsedValue(kind, row[index] ?? null)]),
          ),
        );
      }
    }
    const described = columns.map(({ name, type }) => ({ name, type }));
    return { columns: described, rows, row_count: rows.length, more: result.more() };
  });
}

/** The arguments that every function of this kind has. @throws ARGUMENT_INVALID, QUERY_NOT_ONE, QUERY_INVALID */
export function requireQuery(of: string, database: Database, sql: string, options: QueryOptions): void {
  kinds.requireArguments(
    of,
    { database, sql, options },
    {
      database: kinds.database,
      sql: kinds.text,
      options: kinds.object,
    },
  );
  kinds.requireArguments(of, options, {
    "parameters?": parameterList,
    "limit?": kinds.wholeNumber,
    "timeout_s?": seconds,
    "signal?": kinds.signal,
  });
  if (/^\s*$/.test(sql)) throw fail("QUERY_NOT_ONE", { problem: "it is empty" });
  // The protocol ends a text at a NUL.
  if (sql.includes("\0")) throw fail("QUERY_INVALID", { reason: "it holds a NUL character", marked: "." });
}

const parameterList: kinds.ArgumentKind = {
  what: "a list of texts and nulls",
  is: (value) => Array.isArray(value) && value.every((item) => item === null || typeof item === "string"),
};

const seconds: kinds.ArgumentKind = {
  what: "a number of seconds from 0",
  is: (value) => typeof value === "number" && Number.isFinite(value) && value >= 0,
};

async function runQuery<T>(
  client: Client,
  sql: string,
  { parameters = [], limit, timeout_s = defaultTimeout_s }: QueryOptions,
  work: (rows: QueryRows) => Promise<T>,
): Promise<T> {
  const timeout_ms = Math.ceil(timeout_s * 1000);
  const { withoutSuperuser } = await beginReadOnly(client, timeout_ms);
  const started = performance.now();
  /** The errors of the server, told from those of the work. */
  const explained = async <R>(step: () => Promise<R>): Promise<R> => {
    try {
      return await step();
    } catch (error) {
      const elapsed_ms = performance.now() - started;
      throw await asQueryFailure(client, error, { sql, timeout_ms, elapsed_ms, withoutSuperuser });
    }
  };
  const statement = await explained(() => describeStatement(client, sql));
  if (statement.fields === undefined) {
    throw fail("QUERY_ONLY_READS", { reason: "it is no query, because it returns no rows" });
  }
  if (statement.parameters !== parameters.length) {
    throw fail("QUERY_PARAMETERS", { expected: statement.parameters, given: parameters.length });
  }
  return work(rowsOf(statement, statement.fields.map(columnOf), parameters, limit, explained));
}

function rowsOf(
  statement: DescribedStatement,
  columns: readonly QueryColumn[],
  parameters: readonly (string | null)[],
  limit: number | undefined,
  explained: <R>(step: () => Promise<R>) => Promise<R>,
): QueryRows {
  let count = 0;
  let more = false;
  const readable = withReadableBooleans(columns);
  const batches = async function* () {
    // One row more shows whether there are more.
    const running = statement.run(parameters, limit === undefined ? undefined : limit + 1);
    for (;;) {
      const { value, done } = await explained(() => running.next());
      if (done) return;
      more = limit !== undefined && count + value.length > limit;
      const rows = more ? value.slice(0, (limit ?? 0) - count) : value;
      count += rows.length;
      if (rows.length > 0) yield readable(rows);
    }
  };
  return { columns, batches: batches(), count: () => count, more: () => more };
}

function withReadableBooleans(columns: readonly QueryColumn[]) {
  const booleans = new Set(columns.flatMap(({ kind }, index) => (kind === "boolean" ? [index] : [])));
  if (booleans.size === 0) return (rows: readonly TextRow[]) => rows;
  const readable = (value: string | null) => (value === null ? null : value === "t" ? "true" : "false");
  return (rows: readonly TextRow[]) =>
    rows.map((row) => row.map((value, index) => (booleans.has(index) ? readable(value) : value)));
}
