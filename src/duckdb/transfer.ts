import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "../database/connection.ts";
import { copyFromFile, copyToFile } from "../database/copy.ts";
import { quoteIdentifier, quoteLiteral } from "../database/identifiers.ts";
import { fail } from "../errors.ts";
import type { Engine } from "./engine.ts";

/*
 * Rows between PostgreSQL and DuckDB, both ways by COPY and a file in the engine's private folder: never through this
 * process. In the file NULL is an empty field without quotes, and an empty text is a quoted one; both systems write and read it
 * so, and neither takes one for the other.
 */

/** A column of rows that are fetched. */
export interface FetchedColumn {
  readonly name: string;
  /** As DuckDB spells it. */
  readonly type: string;
  /** Values hold no line end, quote or comma although the type is text: times. */
  readonly plain?: true;
}

/** Rows of a query of the warehouse that are on this machine, and not in DuckDB yet. */
export interface FetchedFile {
  readonly path: string;
  readonly columns: readonly FetchedColumn[];
}

let fetched = 0;

/**
 * Runs a query of the warehouse and writes its rows to a file. When it returns the connection is free again, so that the next
 * query can run while DuckDB reads these rows.
 *
 * @param columns of the query, in its order
 */
export async function fetchFile(
  engine: Engine,
  client: Client,
  { query, columns }: { readonly query: string; readonly columns: readonly FetchedColumn[] },
): Promise<FetchedFile> {
  const path = join(engine.folder, `fetched-${++fetched}.csv`);
  // Without text, COPY's text format is the same as CSV and a quarter faster.
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

/** A text may hold line ends, in which DuckDB loses its way when it reads in parallel. */
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

/** Creates a table of DuckDB from a fetched file, which is gone afterwards. */
export async function createFetched(engine: Engine, table: string, file: FetchedFile): Promise<void> {
  await engine.run(`CREATE TABLE ${quoteIdentifier(table)} AS SELECT * FROM ${fetchedRows(file)}`);
  await rm(file.path);
}

/** Rows of DuckDB in a file, ready to be copied into the warehouse. */
export interface SpoolFile {
  readonly path: string;
  /** Names of the columns in the target table. */
  readonly columns: readonly string[];
  readonly rows: number;
}

/** Writes the rows of a query of DuckDB, in its order, to a file that {@link copySpooled} takes. */
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
 * @param options.freeze rows need no hint bits, no vacuum and, if WAL is minimal, no WAL: only for a table that is new or was
 * truncated in this transaction
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
