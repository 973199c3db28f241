import type { Client } from "../../database/connection.ts";
import { fail } from "../../errors.ts";
import type { LedgerFile, LedgerMonth } from "../../schema/ledger.ts";
import type { TableName } from "../../schema/tables.ts";

/** What the ledger knows of a load. */
export interface PublishedRun {
  readonly id: number;
  readonly table: TableName;
  readonly files: readonly LedgerFile[];
  readonly inserted: number;
  readonly updated: number;
  readonly created: Readonly<Record<"store" | "product" | "calendar", number>>;
  readonly months: readonly LedgerMonth[];
  /** Both in UTC and with all digits that the warehouse keeps. */
  readonly started_at: string;
  readonly finished_at: string;
}

/** @throws LOAD_UNKNOWN */
export async function ledgerEntry(client: Client, id: number): Promise<PublishedRun> {
  const { rows } = await client.query<{ run: PublishedRun }>(
    `SELECT jsonb_build_object(
       'id', id, 'table', table_name, 'files', files, 'inserted', inserted, 'updated', updated,
       'created', created, 'months', months,
       'started_at', to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       'finished_at', to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
     ) AS run
     FROM load_run
     WHERE id = $1`,
    [id],
  );
  const run = rows[0]?.run;
  if (run === undefined) throw fail("LOAD_UNKNOWN", { id });
  return run;
}
