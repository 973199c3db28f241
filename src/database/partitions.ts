import type { TableName } from "../schema/tables.ts";
import { type Client, withTransaction } from "./connection.ts";
import { quoteIdentifier, quoteLiteral } from "./identifiers.ts";
import { lockMonths } from "./locks.ts";
import { boundsOf, type Month, partitionName } from "./months.ts";

/** A partition that is not the default one. */
export interface Partition {
  readonly name: string;
  /** Days, the first within and the second beyond; null where it is open or not bounded by days. */
  readonly from: string | null;
  readonly to: string | null;
}

/** The partitions of a table, the default one aside. */
export async function partitionsOf(client: Client, table: TableName): Promise<Partition[]> {
  const { rows } = await client.query<{ name: string; bounds: string }>(
    `SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
     FROM pg_inherits AS i
     JOIN pg_class AS c ON c.oid = i.inhrelid
     WHERE i.inhparent = $1::regclass AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
     ORDER BY c.relname`,
    [table],
  );
  return rows.map(({ name, bounds }) => {
    const [from, to] = [...bounds.matchAll(/\((?:'(\d{4}-\d\d-\d\d)'|\w+)\)/g)].map(([, day]) => day ?? null);
    return { name, from: from ?? null, to: to ?? null };
  });
}

/** The partition that a month's rows go to: its own, or one that holds more than the month. */
export function partitionFor(partitions: readonly Partition[], month: Month): Partition | undefined {
  const { from, to } = boundsOf(month);
  return partitions.find((partition) => (partition.from ?? from) <= from && (partition.to ?? to) >= to);
}

/**
 * Makes sure that each month has a partition. Rows of the month that wait in the default partition move along, with their
 * ids and times. Runs in a short transaction of its own, because attaching locks the default partition against
 * readers until it commits; an empty partition that is left over says nothing.
 *
 * @returns the months that were made
 */
export async function ensureMonthPartitions(
  client: Client,
  table: TableName,
  months: readonly Month[],
): Promise<Month[]> {
  const missing = await missingMonths(client, table, months);
  if (missing.length === 0) return [];
  return withTransaction(client, async () => {
    await lockMonths(client, table, missing, "transaction");
    // Asked again: another session may have made some while this one waited.
    const made = await missingMonths(client, table, missing);
    for (const month of made) await makePartition(client, table, month);
    return made;
  });
}

async function missingMonths(client: Client, table: TableName, months: readonly Month[]): Promise<Month[]> {
  const partitions = await partitionsOf(client, table);
  return months.filter((month) => partitionFor(partitions, month) === undefined);
}

async function makePartition(client: Client, table: TableName, month: Month): Promise<void> {
  const parent = quoteIdentifier(table);
  const partition = quoteIdentifier(partitionName(table, month));
  const waiting = quoteIdentifier(`${table}_default`);
  const columns = await plainColumns(client, table);
  const bounds = boundsOf(month);
  const [from, to] = [quoteLiteral(bounds.from), quoteLiteral(bounds.to)];
  // Identity is not copied: the parent's gives the numbers, and from PostgreSQL 17 a partition must not bring its own.
  await client.query(
    `CREATE TABLE ${partition} (LIKE ${parent} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS)`,
  );
  await client.query(`
    WITH moved AS (
      DELETE FROM ${waiting}
      WHERE date >= ${from} AND date < ${to}
      RETURNING ${columns}
    )
    INSERT INTO ${partition} (${columns})
    SELECT ${columns} FROM moved
  `);
  await client.query(
    `ALTER TABLE ${parent} ATTACH PARTITION ${partition} FOR VALUES FROM (${from}) TO (${to})`,
  );
}

/** The columns that are stored as given, quoted: a generated one follows from them. */
async function plainColumns(client: Client, table: TableName): Promise<string> {
  const { rows } = await client.query<{ columns: string }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [table],
  );
  return rows[0]?.columns ?? "";
}
