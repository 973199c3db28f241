import {
  type Client,
  type Database,
  withAbortableClient,
  withTransaction,
} from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import { lockMonths } from "../../database/locks.ts";
import type { Month } from "../../database/months.ts";
import { type ForecastLabError, fail } from "../../errors.ts";
import { contractOf } from "../../schema/contracts.ts";
import type { TableName } from "../../schema/tables.ts";
import * as kinds from "../../system/arguments.ts";
import { conditionOf, type InsertedRows, insertedRows } from "./inserted-rows.ts";
import { ledgerEntry, type PublishedRun } from "./ledger-entry.ts";
import { obstaclesOf, type UnloadObstacle } from "./obstacles.ts";

export type { UnloadObstacle } from "./obstacles.ts";

export interface UnloadOptions {
  /** Only find out what would be removed, or why nothing can be; default false. */
  readonly dryRun?: boolean | undefined;
  /** Whether to wait for another load of the same months; default true. */
  readonly wait?: boolean | undefined;
  /** For how many seconds it waits, then LOAD_MONTH_BUSY; default 3600. */
  readonly lockWait_s?: number | undefined;
  /** Ends the work when it is aborted, with nothing removed; default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Called with what it waits for. */
  readonly onWait?: ((reason: string) => void) | undefined;
}

/** What was removed, or would be. */
export interface Unload {
  readonly load_id: number;
  readonly table: TableName;
  /** The files that can be loaded again afterwards. */
  readonly files: readonly string[];
  readonly dry_run: boolean;
  readonly removed: boolean;
  /** Rows that the load inserted. */
  readonly rows: number;
  /** The same by month, `2024-02`; empty for a table without partitions. */
  readonly months: readonly { readonly month: Month; readonly rows: number }[];
  /** Dimension rows that the load created, and that are removed with it. */
  readonly created: Readonly<Record<string, number>>;
  /** Why the load cannot be reverted exactly; empty if it can. */
  readonly obstacles: readonly UnloadObstacle[];
}

/**
 * Reverts a load: removes the rows that it inserted, the dimension rows that it created, and its row of the ledger, all in one
 * transaction, so that the warehouse is as if it had never run. Where that is not possible exactly, nothing is removed and the
 * result says why; {@link unloadRefusal} turns that into an error. That is so when the load updated rows, whose old values are
 * gone; when rows of it were changed or deleted since; when a later load found rows of its months unchanged, which may be
 * its own; and when other rows refer to rows of it.
 *
 * @throws LOAD_UNKNOWN, LOAD_MONTH_BUSY, LOAD_CONFLICT, SCHEMA_MISSING and errors of the connection; the signal's reason when
 * it is aborted
 *
 * @example
 * import { databaseOf, unload } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * const { rows, obstacles } = await unload(warehouse, 17, { dryRun: true });
 * if (obstacles.length === 0) await unload(warehouse, 17);
 * else for (const { reason } of obstacles) console.log(`not ${rows} rows: ${reason}`);
 */
export async function unload(
  database: Database,
  loadId: number,
  options: UnloadOptions = {},
): Promise<Unload> {
  kinds.requireArguments(
    "unload",
    { database, loadId, options },
    {
      database: kinds.database,
      loadId: kinds.wholeNumber,
      options: kinds.object,
    },
  );
  kinds.requireArguments("unload", options, {
    "dryRun?": kinds.flag,
    "wait?": kinds.flag,
    "lockWait_s?": kinds.wholeNumber,
    "signal?": kinds.signal,
    "onWait?": kinds.callback,
  });
  return withAbortableClient(database, (client) => unloadRun(client, loadId, options), options.signal);
}

/**
 * The error UNLOAD_NOT_EXACT for a load that cannot be reverted exactly; undefined if it can.
 *
 * @example
 * import { databaseOf, unload, unloadRefusal } from "forecastlab";
 *
 * const refusal = unloadRefusal(await unload(databaseOf("postgresql://postgres@localhost/warehouse"), 17));
 * if (refusal !== undefined) throw refusal;
 */
export function unloadRefusal(result: Unload): ForecastLabError | undefined {
  kinds.requireArguments("unloadRefusal", { result }, { result: kinds.object });
  const { load_id, table, obstacles } = result;
  if (obstacles.length === 0) return undefined;
  const reasons = obstacles.map(({ reason }) => reason).join("; ");
  return fail("UNLOAD_NOT_EXACT", { id: load_id, table, reasons });
}

async function unloadRun(
  client: Client,
  loadId: number,
  { dryRun = false, wait = true, lockWait_s, onWait }: UnloadOptions,
): Promise<Unload> {
  // Read first without locks: it says which months to lock.
  const { table, months } = await ledgerEntry(client, loadId);
  return withTransaction(client, async () => {
    if (dryRun) await client.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    else {
      const locked = months.filter(({ inserted }) => inserted > 0).map(({ month }) => month);
      await lockMonths(client, table, locked, "transaction", {
        wait,
        limit_s: lockWait_s,
        onWait: (month) => onWait?.(`another load of ${month === null ? table : `${table}, ${month}`}`),
      });
    }
    const run = await ledgerEntry(client, loadId);
    const inserted = await insertedRows(client, run);
    const obstacles = await obstaclesOf(client, run, inserted);
    const remove = !dryRun && obstacles.length === 0;
    if (remove) await removeRun(client, run, inserted);
    return {
      load_id: run.id,
      table: run.table,
      files: run.files.map(({ path }) => path),
      dry_run: dryRun,
      removed: remove,
      rows: run.inserted,
      months: run.months.flatMap(({ month, inserted: rows }) =>
        month === null || rows === 0 ? [] : [{ month, rows }],
      ),
      created: run.created,
      obstacles,
    };
  });
}

/** Facts first: they refer to the dimension rows. @throws LOAD_CONFLICT when another session changed a row meanwhile */
async function removeRun(client: Client, run: PublishedRun, { parts, created }: InsertedRows): Promise<void> {
  for (const part of [...parts, ...created]) {
    const { rowCount } = await client.query(
      `DELETE FROM ${quoteIdentifier(part.relation)} AS stored WHERE ${conditionOf(part)} AND stored.updated_at = stored.created_at`,
    );
    if (rowCount === part.expected) continue;
    const reason = `${part.expected} rows of ${part.table} were to be removed and ${rowCount} were as they were inserted`;
    throw fail("LOAD_CONFLICT", { table: contractOf(run.table).name, reason });
  }
  // Dimension rows that a load creates have rows of the ledger of their own, with the load's start and without files.
  for (const { table, expected } of created) {
    await client.query(
      `DELETE FROM load_run
       WHERE table_name = $1 AND inserted = $2 AND files = '[]' AND id < $3
         AND started_at = (SELECT started_at FROM load_run WHERE id = $3)`,
      [table, expected, run.id],
    );
  }
  const { rowCount } = await client.query("DELETE FROM load_run WHERE id = $1", [run.id]);
  if (rowCount !== 1) throw fail("LOAD_UNKNOWN", { id: run.id });
}
