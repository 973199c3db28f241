import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "../database/connection.ts";
import { copyFromFile, copyToFile } from "../database/copy.ts";
import { quoteIdentifier, quoteLiteral } from "../database/identifiers.ts";
import { fail } from "../errors.ts";
import type { Engine } from "./engine.ts";

/*
 * Rows go between PostgreSQL and DuckDB, both ways, by COPY and a file in the engine's private folder, and never become
 * objects of this process. In the file NULL is an empty field without quotes, and an empty text is an empty field with
 * quotes: both systems write and read them so.
 */

/** A column of rows that are fetched. */
export interface FetchedColumn {
  readonly name: string;
  /** As DuckDB spells it. */
  readonly type: string;
  /** Values hold no line ends, quotes or commas although the type is text (times do not). */
  readonly plain?: true;
}

/** A file with the rows of a query of the warehouse. */
export interface FetchedFile {
  readonly path: string;
  readonly columns: readonly FetchedColumn[];
}

let fetched = 0;

/**
 * Runs a query of the warehouse and writes its rows to a file. When it returns, the connection is free, so that the next query
 * can run while DuckDB reads these rows.
 *
 * @param columns of the query, in its order
 */
export async function fetchFile(
  engine: Engine,
  client: Client,
  { query, columns }: { readonly query: string; readonly columns: readonly FetchedColumn[] },
): Promise<FetchedFile> {
  const path = join(engine.folder, `fetched-${++fetched}.csv`);
  // Without text columns, COPY's text format gives the same file as CSV and is a quarter faster.
  const format = hasText(columns) ? "FORMAT csv" : "FORMAT text, DELIMITER ',', NULL ''";
  const copy = `COPY (${query}) TO STDOUT WITH (${format}, ENCODING 'UTF8')`;
  await copyToFile(client, copy, path, engine.signal);
  return { path, columns };
}

/** SQL of the rows of a fetched file, for FROM. */
export function fetchedRows({ path, columns }: FetchedFile): string {
  const types = columns.map(({ name, type }) => `${quoteLiteral(name)}: ${quoteLiteral(type)}`);
  return `read_csv(
    ${quoteLiteral(path)},
    auto_detect = false,
    header = false,
    columns = {${types.join(", ")}},
    delim = ',',
    quote = '"',
    escape = '"',
    new_line = '\\n',
    allow_quoted_nulls = false,
    max_line_size = 2097152,
    parallel = ${!hasText(columns)}
  )`;
}

/** A text may hold line ends, which DuckDB mistakes for ends of records when it reads in parallel. */
const hasText = (columns: readonly FetchedColumn[]) =>
  columns.some(({ type, plain }) => !plain && !withoutText.test(type));

const withoutText = /^(SMALLINT|INTEGER|BIGINT|DOUBLE|DECIMAL|NUMERIC|DATE|BOOLEAN)\b/i;

/** Creates a table of DuckDB from a query of the warehouse. */
export async function fetchTable(
  engine: Engine,
  client: Client,
  table: string,
  source: { readonly query: string; readonly columns: readonly FetchedColumn[] },
): Promise<void> {
  await createFetched(engine, table, await fetchFile(engine, client, source));
}

/** Creates a table of DuckDB from a fetched file, and removes the file. */
export async function createFetched(engine: Engine, table: string, file: FetchedFile): Promise<void> {
  await engine.run(`CREATE TABLE ${quoteIdentifier(table)} AS SELECT * FROM ${fetchedRows(file)}`);
  await rm(file.path);
}

/** A file with rows of DuckDB, ready to be copied into the warehouse. */
export interface SpoolFile {
  readonly path: string;
  /** Names of the columns in the target table. */
  readonly columns: readonly string[];
  readonly rows: number;
}

/** Writes the rows of a query of DuckDB, in its order, to a file for {@link copySpooled}. */
export async function spoolRows(
  engine: Engine,
  {
    name,
    columns,
    query,
  }: { readonly name: string; readonly columns: readonly string[]; readonly query: string },
): Promise<SpoolFile> {
  const path = join(engine.folder, `${name}.csv`);
  const rows = await engine.count(`COPY (${query}) TO ${quoteLiteral(path)} (FORMAT csv, HEADER false)`);
  return { path, columns, rows };
}

/**
 * Copies spooled rows into a table of the warehouse.
 *
 * @param options.freeze writes rows frozen, which need no hint bits, no vacuum and, if wal_level is minimal, no WAL; only for
 * a table that was created or truncated in this transaction; default false
 * @throws INTERNAL when another number of rows arrives than was written
 */
export async function copySpooled(
  engine: Engine,
  client: Client,
  table: string,
  { path, columns, rows }: SpoolFile,
  { freeze = false }: { readonly freeze?: boolean } = {},
): Promise<void> {
  const list = columns.map(quoteIdentifier).join(", ");
  const options = `FORMAT csv, ${freeze ? "FREEZE, " : ""}ENCODING 'UTF8'`;
  const copy = `COPY ${quoteIdentifier(table)} (${list}) FROM STDIN WITH (${options})`;
  const copied = await copyFromFile(client, copy, path, engine.signal);
  if (copied !== rows) {
    throw fail("INTERNAL", { reason: `${rows} rows were written for ${table} and ${copied} arrived` });
  }
}

/** Copies the rows of a query of DuckDB into a table of the warehouse. */
export async function copyRows(
  engine: Engine,
  client: Client,
  table: string,
  source: { readonly name: string; readonly columns: readonly string[]; readonly query: string },
): Promise<void> {
  const file = await spoolRows(engine, source);
  await copySpooled(engine, client, table, file);
  await rm(file.path);
}
