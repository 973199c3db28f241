import { rm } from "node:fs/promises";
import { type Client, type Database, withClient } from "../../database/connection.ts";
import { defaultLockRetry, withLockRetry } from "../../database/lock-retry.ts";
import { fetchedRows, fetchFile } from "../../duckdb/transfer.ts";
import type { Source } from "./source.ts";

const tables = `
  store, product, calendar, sales_daily, inventory_snapshot_daily, price_history, promotion, traffic_daily, weather_daily,
  load_run
`;

/**
 * Gives the work one state of the warehouse, on two connections: no load is seen in part, however long the frame takes.
 * The tables are locked against being swapped before the snapshot is taken, because a partition that was swapped in is
 * seen by older snapshots too; a load that swaps meanwhile waits and tries again.
 *
 * @throws SCHEMA_MISSING, DATABASE_LOCK_TIMEOUT, and what connecting throws
 */
export function withSnapshot<T>(
  database: Database,
  signal: AbortSignal | undefined,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  return withClient(
    database,
    (first) =>
      withClient(
        database,
        async (second) => {
          const clients = [first, second];
          await withLockRetry(first, { ...defaultLockRetry, signal }, () => begin(clients));
          return work(sourceOf(clients));
        },
        signal,
      ),
    signal,
  );
}

/** What was begun and not committed ends with the connection. */
async function begin(clients: readonly Client[]): Promise<void> {
  try {
    for (const client of clients) {
      await client.query(`
        BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
        SET LOCAL lock_timeout = ${defaultLockRetry.lockTimeout_ms};
        LOCK TABLE ${tables} IN ACCESS SHARE MODE
      `);
    }
    const [first, ...others] = clients;
    const { rows } = (await first?.query<{ id: string }>("SELECT pg_export_snapshot() AS id")) ?? {
      rows: [],
    };
    for (const client of others) await client.query(`SET TRANSACTION SNAPSHOT '${rows[0]?.id}'`);
  } catch (error) {
    for (const client of clients) await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** A warehouse as its connections see it: one lane each. */
export function sourceOf(clients: readonly Client[]): Source {
  const clientOf = (lane: number) => clients[lane] as Client;
  return {
    lanes: clients.length,
    rows: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await clientOf(0).query<Row>(sql, [...values])).rows,
    read: async (engine, lane, staged, where) => {
      const { table, columns } = staged;
      const file = await fetchFile(engine, clientOf(lane), { query: staged.query(where), columns });
      const insert = async () => {
        await engine.run(`INSERT INTO ${table} SELECT * FROM ${fetchedRows(file)}`);
        await rm(file.path);
      };
      return { done: insert() };
    },
  };
}
