import { type Database, withClient } from "../../database/connection.ts";
import type { LedgerFile, LedgerMonth } from "../../schema/ledger.ts";
import { type TableName, tableNames } from "../../schema/tables.ts";
import * as kinds from "../../system/arguments.ts";
import type { CreatedRows } from "../counts.ts";

/** A row of the ledger: one load that was published. Times are ISO 8601 in UTC. */
export interface LoadRun {
  readonly id: number;
  readonly table: TableName;
  readonly files: readonly LedgerFile[];
  readonly mapping_sha256: string;
  readonly source_rows: number;
  readonly filtered: number;
  readonly read: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly created: CreatedRows;
  readonly months: readonly LedgerMonth[];
  readonly started_at: string;
  readonly finished_at: string;
  readonly loaded_by: string;
  readonly version: string;
}

export interface LoadRunsOptions {
  /** Only loads into this table; default: all tables. */
  readonly table?: TableName | null | undefined;
  /** At most so many loads; default 20. */
  readonly limit?: number | undefined;
  /** Ends the query when it is aborted; default: none. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The ledger: one entry per load that was published, the newest first.
 *
 * @throws SCHEMA_MISSING and errors of the connection; the signal's reason when it is aborted
 *
 * @example
 * import { databaseOf, loadRuns } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * for (const run of await loadRuns(warehouse, { table: "sales_daily", limit: 5 })) {
 *   console.log(run.id, run.finished_at, run.files.length, run.inserted, run.updated);
 * }
 */
export async function loadRuns(database: Database, options: LoadRunsOptions = {}): Promise<LoadRun[]> {
  kinds.requireArguments(
    "loadRuns",
    { database, options },
    { database: kinds.database, options: kinds.object },
  );
  kinds.requireArguments("loadRuns", options, { "limit?": kinds.wholeNumber, "signal?": kinds.signal });
  const { table = null, limit = 20, signal } = options;
  if (table !== null) kinds.requireArguments("loadRuns", options, { table: kinds.oneOf(tableNames) });
  return withClient(
    database,
    async (client) => {
      const { rows } = await client.query<{ run: LoadRun }>(newestRuns, [table, limit]);
      return rows.map(({ run }) => run);
    },
    signal,
  );
}

/** $1 table or NULL, $2 how many. */
const newestRuns = `
  SELECT jsonb_build_object(
    'id', id, 'table', table_name, 'files', files, 'mapping_sha256', mapping_sha256,
    'source_rows', source_rows, 'filtered', filtered, 'read', read, 'inserted', inserted, 'updated', updated,
    'unchanged', unchanged, 'duplicates', duplicates, 'rejected', rejected, 'created', created, 'months', months,
    'started_at', to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'finished_at', to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'loaded_by', loaded_by, 'version', version
  ) AS run
  FROM load_run
  WHERE $1::text IS NULL OR table_name = $1
  ORDER BY id DESC
  LIMIT $2
`;
