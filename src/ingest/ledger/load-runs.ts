import type { Client } from "../../database/connection.ts";
import type { LedgerFile, LedgerMonth } from "../../schema/ledger.ts";
import type { TableName } from "../../schema/tables.ts";
import type { Created } from "../counts.ts";

/** A row of the ledger: one load that was published. Times are UTC. */
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
  readonly created: Created;
  readonly months: readonly LedgerMonth[];
  readonly started_at: string;
  readonly finished_at: string;
  readonly loaded_by: string;
  readonly version: string;
}

/**
 * Loads that were published, the newest first.
 *
 * @throws SCHEMA_MISSING
 */
export async function loadRuns(
  client: Client,
  { table = null, limit = 20 }: { table?: TableName | null | undefined; limit?: number | undefined } = {},
): Promise<LoadRun[]> {
  const { rows } = await client.query<{ run: LoadRun }>(
    `SELECT jsonb_build_object(
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
     LIMIT $2`,
    [table, limit],
  );
  return rows.map(({ run }) => run);
}
