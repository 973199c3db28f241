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
 * @param options.limit_s how many seconds it waits for all of them together; default {@link defaultMonthWait_s}
 * @param options.onWait called before waiting for a month
 * @throws LOAD_MONTH_BUSY
 */
export async function lockMonths(
  client: Client,
  table: TableName,
  months: readonly (Month | null)[],
  scope: LockScope,
  options: MonthWait & { onWait?: (month: Month | null) => void } = {},
): Promise<void> {
  // A server on a system that cannot do this refuses it; the months are then freed when the system notices.
  if (scope === "session") await client.query(watchClient).catch(() => {});
  const { wait = true, limit_s = defaultMonthWait_s, onWait } = options;
  const begun = performance.now();
  for (const month of [...months].sort()) {
    if (await tryLockMonth(client, table, month, scope)) continue;
    // Asked before waiting, because a transaction cannot ask any more when it got no lock.
    const holder = await holderOf(client, ["hashtext($1)", "$2"], [lockSpace(table), numberOf(month)]);
    const received = { table: nameOf(table, month), holder, limit_s };
    if (!wait || limit_s === 0) throw busy({ ...received, limit_s: 0 });
    onWait?.(month);
    const left_ms = limit_s * 1_000 - (performance.now() - begun);
    await withLockLimit(client, scope, left_ms, received, () =>
      client.query(`SELECT pg_advisory${suffixOf[scope]}(hashtext($1), $2)`, [
        lockSpace(table),
        numberOf(month),
      ]),
    );
  }
}

/** How long a load waits for others. */
export interface MonthWait {
  readonly wait?: boolean | undefined;
  readonly limit_s?: number | undefined;
}

/** Loads hold months while they publish: minutes for the largest. Who has waited for an hour waits for one that hangs. */
export const defaultMonthWait_s = 3_600;

/**
 * Runs a statement that waits for a lock for a limited time. Waiting in the server keeps the order in which loads came.
 *
 * @throws LOAD_MONTH_BUSY; a transaction is then aborted
 */
async function withLockLimit(
  client: Client,
  scope: LockScope,
  limit_ms: number,
  received: { table: string; holder: string; limit_s: number },
  statement: () => Promise<unknown>,
): Promise<void> {
  const local = scope === "transaction";
  const set = (value: string) => client.query("SELECT set_config('lock_timeout', $1, $2)", [value, local]);
  const { rows } = await client.query<{ before: string }>("SELECT current_setting('lock_timeout') AS before");
  await set(`${Math.max(1, Math.round(limit_ms))}ms`);
  try {
    await statement();
  } catch (error) {
    if (!local) await set(rows[0]?.before ?? "0").catch(() => {});
    throw (error as { code?: string }).code === "55P03" ? busy(received, error) : error;
  }
  await set(rows[0]?.before ?? "0");
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
 * @param options.limit_s how many seconds it waits; default {@link defaultMonthWait_s}
 * @param options.onWait called before waiting
 * @throws LOAD_MONTH_BUSY
 */
export async function lockSwapTurn(
  client: Client,
  table: TableName,
  {
    limit_s = defaultMonthWait_s,
    onWait,
  }: { limit_s?: number | undefined; onWait?: (() => void) | undefined } = {},
): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>(
    "SELECT pg_try_advisory_xact_lock(hashtext($1), 0) AS locked",
    [swapTurn],
  );
  if (rows[0]?.locked) return;
  const holder = await holderOf(client, ["hashtext($1)", "0"], [swapTurn]);
  onWait?.();
  await withLockLimit(client, "transaction", limit_s * 1_000, { table, holder, limit_s }, () =>
    client.query("SELECT pg_advisory_xact_lock(hashtext($1), 0)", [swapTurn]),
  );
}

const swapTurn = "forecastlab swap";

/**
 * Releases session locks of months.
 *
 * @throws DATABASE_LOCK_KEPT if the session did not hold one of them
 */
export async function unlockMonths(
  client: Client,
  table: TableName,
  months: readonly (Month | null)[],
): Promise<void> {
  for (const month of months) {
    await unlock(client, "hashtext($1), $2", [lockSpace(table), numberOf(month)], nameOf(table, month));
  }
}

/**
 * Releases a session lock.
 *
 * @param key the two halves of its key, as SQL
 * @throws DATABASE_LOCK_KEPT if the session did not hold it
 */
export async function unlock(
  client: Client,
  key: string,
  values: readonly unknown[],
  what: string,
): Promise<void> {
  const { rows } = await client
    .query<{ released: boolean }>(`SELECT pg_advisory_unlock(${key}) AS released`, [...values])
    .catch((error: Error) => {
      throw fail("DATABASE_LOCK_KEPT", { what, reason: error.message.replace(/\.$/, "") }, error);
    });
  if (rows[0]?.released) return;
  throw fail("DATABASE_LOCK_KEPT", { what, reason: "this session does not hold it any more" });
}

/**
 * Who holds a session lock: `process 4711 (forecastlab, connected since 2024-05-15 06:00:00 UTC)`.
 *
 * @param key the two halves of its key, as SQL
 */
export async function holderOf(
  client: Client,
  key: readonly [string, string],
  values: readonly unknown[],
): Promise<string> {
  const { rows } = await client.query<{ pid: number; name: string; since: string | null }>(
    `SELECT
       l.pid,
       coalesce(nullif(a.application_name, ''), 'without a name') AS name,
       to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') AS since
     FROM pg_locks l
     LEFT JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND l.classid::bigint = (${key[0]})::bigint & 4294967295
       AND l.objid::bigint = (${key[1]})::bigint & 4294967295`,
    [...values],
  );
  const holder = rows[0];
  if (holder === undefined) return "another session";
  const since = holder.since === null ? "" : `, connected since ${holder.since}`;
  return `server process ${holder.pid} (${holder.name}${since})`;
}

const lockSpace = (table: TableName) => `forecastlab publish ${table}`;

/** `2024-02` -> 202402; 0 is the whole table. */
const numberOf = (month: Month | null) => (month === null ? 0 : Number(month.replace("-", "")));

const nameOf = (table: TableName, month: Month | null) => (month === null ? table : `${table}, ${month}`);

function busy(
  { table, holder, limit_s }: { table: string; holder: string; limit_s: number },
  cause?: unknown,
): Error {
  const waited = limit_s === 0 ? "" : `, and still is after ${limit_s} s`;
  return fail("LOAD_MONTH_BUSY", { table, holder, waited }, cause);
}
