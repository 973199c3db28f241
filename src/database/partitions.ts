import type { TableName } from "../schema/tables.ts";
import { type Client, withTransaction } from "./connection.ts";
import { quoteIdentifier, quoteLiteral } from "./identifiers.ts";
import { lockMonths } from "./locks.ts";
import { boundsOf, type Month, partitionName } from "./months.ts";

/** A partition other than the default one. */
export interface Partition {
  readonly name: string;
  /** First day, and the day after the last; null if it is unbounded there or not bounded by days. */
  readonly from: string | null;
  readonly to: string | null;
}

/** The partitions of a table except the default one. */
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

/** The partition that a month's rows go to: its own, or one with other months too. */
export function partitionFor(partitions: readonly Partition[], month: Month): Partition | undefined {
  const { from, to } = boundsOf(month);
  return partitions.find((partition) => (partition.from ?? from) <= from && (partition.to ?? to) >= to);
}

/**
 * Makes a partition for each month that has none. Rows of the month in the default partition move to it, with their ids and
 * times. Runs in a short transaction of its own, because attaching locks the default partition against readers until the
 * commit. If the caller fails later, an empty partition is left, which does no harm.
 *
 * @returns the months whose partitions were made
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
    // Checked again: another session may have made some while this one waited.
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
  // Identity is not copied: the parent's numbers the rows, and from PostgreSQL 17 a partition must not have its own.
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

/** The names, quoted, of all columns that are not generated. */
async function plainColumns(client: Client, table: TableName): Promise<string> {
  const { rows } = await client.query<{ columns: string }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [table],
  );
  return rows[0]?.columns ?? "";
}
