import type { Client } from "../../database/connection.ts";
import type { LedgerFile, LedgerMonth } from "../../schema/ledger.ts";
import type { TableName } from "../../schema/tables.ts";
import { version } from "../../system/version.ts";
import type { LoadCounts, MonthChanges, ValidationCounts } from "../counts.ts";

/** What the ledger keeps of a load in addition to its counts. */
export interface LedgerEntry {
  readonly table: TableName;
  readonly files: readonly LedgerFile[];
  readonly mappingSha256: string;
  /** By the server's clock, as PostgreSQL writes it. */
  readonly startedAt: string;
}

/** A number for a load that is about to be published. If it is not published after all, there is a gap. */
export async function nextLoadId(client: Client): Promise<number> {
  const { rows } = await client.query<{ id: string }>(
    "SELECT nextval(pg_get_serial_sequence('load_run', 'id')) AS id",
  );
  return Number(rows[0]?.id);
}

/** Writes the load's row of the ledger, within the transaction that publishes its rows. */
export async function recordRun(
  client: Client,
  id: number,
  entry: LedgerEntry,
  counts: Omit<Pick<LoadCounts, keyof ValidationCounts | keyof MonthChanges | "rejected">, "duplicates_by">,
  months: readonly LedgerMonth[],
): Promise<void> {
  await client.query(
    `INSERT INTO load_run (
       id, table_name, files, mapping_sha256, source_rows, filtered, read, inserted, updated, unchanged, duplicates,
       rejected, created, months, started_at, finished_at, version
     )
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, clock_timestamp(), $16)`,
    [
      id,
      entry.table,
      JSON.stringify(entry.files),
      entry.mappingSha256,
      counts.source_rows,
      counts.filtered,
      counts.read,
      counts.inserted,
      counts.updated,
      counts.unchanged,
      counts.duplicates,
      counts.rejected,
      JSON.stringify(counts.created),
      JSON.stringify(months),
      entry.startedAt,
      version,
    ],
  );
}

/** The time of the server in ISO 8601, whatever the session's date style. */
export async function serverTime(client: Client): Promise<string> {
  const { rows } = await client.query<{ now: string }>(
    `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now`,
  );
  return rows[0]?.now ?? "";
}
