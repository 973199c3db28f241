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
 * After how many seconds at most the server notices that a session which holds months has lost its client, and frees them: a
 * killed client within the first, one that a network has cut off within the second.
 */
const noticed_s = { killed: 5, cutOff: 60 } as const;

/** Makes the server look after its client while a statement runs, and probe it while none does. */
const watchClient = `
  SELECT
    set_config('client_connection_check_interval', '${noticed_s.killed}s', false),
    set_config('tcp_keepalives_idle', '${noticed_s.cutOff / 2}', false),
    set_config('tcp_keepalives_interval', '${noticed_s.cutOff / 6}', false),
    set_config('tcp_keepalives_count', '3', false),
    set_config('tcp_user_timeout', '${noticed_s.cutOff}s', false)
`;

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
  // A server on a system that cannot do this refuses it; the months are then freed when the system notices.
  if (scope === "session") await client.query(watchClient).catch(() => {});
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

/**
 * Makes loads that merge months and swap others take turns, until the transaction ends. What they merge locks the dimensions
 * against each other's swaps, and neither would get its locks while the other tries for its own.
 *
 * @param onWait called before waiting
 */
export async function lockSwapTurn(client: Client, onWait?: () => void): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>(
    "SELECT pg_try_advisory_xact_lock(hashtext($1), 0) AS locked",
    [swapTurn],
  );
  if (rows[0]?.locked) return;
  onWait?.();
  await client.query("SELECT pg_advisory_xact_lock(hashtext($1), 0)", [swapTurn]);
}

const swapTurn = "forecastlab swap";

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
