import { stat } from "node:fs/promises";
import type { Database } from "../database/connection.ts";
import { fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import { replaceFile } from "../system/atomic-write.ts";
import { asFileFailure } from "../system/file-failures.ts";
import { requirePlainFile } from "../system/plain-file.ts";
import type { QueryColumn } from "./columns.ts";
import { type QueryOptions, requireQuery, withQuery } from "./query.ts";
import { formatOfName, type QueryFormat, queryFormats, writeRows } from "./write-rows.ts";

export interface QueryExportOptions extends QueryOptions {
  /** The file to write, complete or not at all. An older file of that name is replaced. */
  readonly out: string;
  /** Default: what the name ends in: `.csv`, `.json`, `.ndjson`, `.jsonl` or `.parquet`. */
  readonly format?: QueryFormat | undefined;
}

/** What a query wrote to a file. */
export interface QueryExport {
  readonly out: string;
  readonly format: QueryFormat;
  readonly columns: readonly Pick<QueryColumn, "name" | "type">[];
  readonly row_count: number;
  /** Whether there are more rows than the limit. */
  readonly more: boolean;
  readonly bytes: number;
}

/**
 * Runs one statement that reads, and writes its rows to a file as they arrive, so that millions of them need little memory.
 * The file appears when it is complete.
 *
 * @throws the errors of {@link withQuery}, QUERY_FORMAT_UNKNOWN, QUERY_COLUMNS_REPEATED and errors of files
 *
 * @example
 * import { databaseOf, exportQuery } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * const { row_count, bytes } = await exportQuery(warehouse, "SELECT * FROM sales_daily", { out: "sales.parquet" });
 * console.log(row_count, bytes);
 */
export async function exportQuery(
  database: Database,
  sql: string,
  request: QueryExportOptions,
): Promise<QueryExport> {
  requireQuery("exportQuery", database, sql, request);
  kinds.requireArguments("exportQuery", request, { out: kinds.text, "format?": kinds.text });
  const { out, format: wanted, ...options } = request;
  const format = wanted ?? formatOfName(out);
  if (format === undefined || !queryFormats.includes(format)) {
    throw fail("QUERY_FORMAT_UNKNOWN", { path: out, valid: queryFormats.join(", ") });
  }
  requirePlainFile(out);
  return withQuery(database, sql, options, async (rows) => {
    const write = async (pieces: AsyncIterable<Uint8Array>) => {
      await replaceFile(out, pieces).catch((error) => {
        throw asFileFailure(error, out, "written");
      });
    };
    await writeRows(rows, format, write, options.signal);
    return {
      out,
      format,
      columns: rows.columns.map(({ name, type }) => ({ name, type })),
      row_count: rows.count(),
      more: rows.more(),
      bytes: (await stat(out)).size,
    };
  });
}
