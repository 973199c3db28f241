import { rm } from "node:fs/promises";
import { type Client, type Database, withClient } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import { defaultLockRetry, withLockRetry } from "../../database/lock-retry.ts";
import { fetchedRows, fetchFile } from "../../duckdb/transfer.ts";
import { snapshotTables } from "./frame-tables.ts";
import type { WarehouseReader } from "./reader.ts";
import { stagedColumns } from "./staging-table.ts";

/**
 * Reads one snapshot of the warehouse on two connections. No load is seen in part, however long the work takes. The tables are
 * locked before the snapshot is taken, so that no load can swap a partition: a snapshot also sees partitions that are swapped in
 * later. A load that needs to swap one waits and tries again.
 *
 * @throws SCHEMA_MISSING, DATABASE_LOCK_TIMEOUT, and the errors of connecting
 */
export function withSnapshot<T>(
  database: Database,
  signal: AbortSignal | undefined,
  work: (reader: WarehouseReader) => Promise<T>,
): Promise<T> {
  return withClient(
    database,
    (first) =>
      withClient(
        database,
        async (second) => {
          const clients = [first, second];
          await withLockRetry(first, { ...defaultLockRetry, signal }, () => begin(clients));
          return work(readerOf(clients));
        },
        signal,
      ),
    signal,
  );
}

/** The transactions only read and are never committed. They end with their connections. */
async function begin(clients: readonly Client[]): Promise<void> {
  const tables = snapshotTables().map(quoteIdentifier).join(", ");
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

/** Reads a warehouse as these connections see it. */
export function readerOf(clients: readonly Client[]): WarehouseReader {
  const clientOf = (connection: number) => clients[connection] as Client;
  return {
    connections: clients.length,
    rows: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await clientOf(0).query<Row>(sql, [...values])).rows,
    read: async (engine, connection, staging, where) => {
      const query = { query: staging.query(where), columns: stagedColumns(staging) };
      const file = await fetchFile(engine, clientOf(connection), query);
      const insert = async () => {
        await engine.run(`INSERT INTO ${staging.table} SELECT * FROM ${fetchedRows(file)}`);
        await rm(file.path);
      };
      return { done: insert() };
    },
  };
}
