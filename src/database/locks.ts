import { fail } from "../errors.ts";
import type { TableName } from "../schema/tables.ts";
import type { Client } from "./connection.ts";
import type { Month } from "./months.ts";

/*
 * Advisory locks make loads of the same month of a table wait for each other. Loads of different months, readers, and writers
 * of plain SQL do not wait. A table that is not partitioned counts as one month.
 */

export type LockScope = "session" | "transaction";

/**
 * Locks months of a table until the transaction ends, or for a session until {@link unlockMonths}. They are locked in their
 * order, so that two loads cannot deadlock.
 *
 * @param options.wait false: fails at once if another session holds one of them; default true
 * @param options.onWait called before waiting for a month
 * @throws LOAD_MONTH_BUSY
 */
export async function lockMonths(
  client: Client,
  table: TableName,
  months: readonly (Month | null)[],
  scope: LockScope,
  options: { wait?: boolean; onWait?: (month: Month | null) => void } = {},
): Promise<void> {
  for (const month of [...months].sort()) {
    if (await tryLockMonth(client, table, month, scope)) continue;
    if (options.wait === false) throw await busy(client, table, month);
    options.onWait?.(month);
    await client.query(`SELECT pg_advisory${suffixOf[scope]}(hashtext($1), $2)`, [
      lockSpace(table),
      numberOf(month),
    ]);
  }
}

/** Locks a month if no other session holds it. @returns whether it did */
export async function tryLockMonth(
  client: Client,
  table: TableName,
  month: Month | null,
  scope: LockScope,
): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    `SELECT pg_try_advisory${suffixOf[scope]}(hashtext($1), $2) AS locked`,
    [lockSpace(table), numberOf(month)],
  );
  return rows[0]?.locked ?? false;
}

const suffixOf: Record<LockScope, string> = { session: "_lock", transaction: "_xact_lock" };

/** Releases session locks of months. */
export async function unlockMonths(
  client: Client,
  table: TableName,
  months: readonly (Month | null)[],
): Promise<void> {
  for (const month of months) {
    await client.query("SELECT pg_advisory_unlock(hashtext($1), $2)", [lockSpace(table), numberOf(month)]);
  }
}

const lockSpace = (table: TableName) => `forecastlab publish ${table}`;

/** `2024-02` -> 202402; 0 is the whole table. */
const numberOf = (month: Month | null) => (month === null ? 0 : Number(month.replace("-", "")));

async function busy(client: Client, table: TableName, month: Month | null) {
  const { rows } = await client.query<{ pid: number }>(
    `SELECT pid FROM pg_locks
     WHERE locktype = 'advisory' AND granted AND objsubid = 2
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND classid::bigint = hashtext($1)::bigint & 4294967295 AND objid::bigint = $2::bigint`,
    [lockSpace(table), numberOf(month)],
  );
  const holder = rows[0] === undefined ? "another session" : `server process ${rows[0].pid}`;
  return fail("LOAD_MONTH_BUSY", { table: month === null ? table : `${table}, ${month}`, holder });
}
