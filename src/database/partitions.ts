import type { TableName } from "../schema/tables.ts";
import { type Client, withTransaction } from "./connection.ts";
import { quoteIdentifier, quoteLiteral } from "./identifiers.ts";
import { lockForPublishing } from "./locks.ts";

/** A month of a partitioned fact: `2024-02`. */
export type Month = string;

/** The partition of a month: `sales_daily_2024_02`. */
function partitionName(table: TableName, month: Month): string {
  return `${table}_${month.replace("-", "_")}`;
}

/**
 * Makes sure that each month has its partition. Rows of the month that wait in the default partition move along,
 * with their ids and times. Runs in a short transaction of its own, before the one that publishes, because attaching
 * locks the default partition against readers until it commits; an empty partition that is left over says nothing.
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
    await lockForPublishing(client, table);
    // Asked again: another session may have made some while this one waited.
    const made = await missingMonths(client, table, missing);
    for (const month of made) await makePartition(client, table, month);
    return made;
  });
}

async function missingMonths(client: Client, table: TableName, months: readonly Month[]): Promise<Month[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
     WHERE i.inhparent = $1::regclass`,
    [table],
  );
  const existing = new Set(rows.map(({ name }) => name));
  return months.filter((month) => !existing.has(partitionName(table, month)));
}

async function makePartition(client: Client, table: TableName, month: Month): Promise<void> {
  const parent = quoteIdentifier(table);
  const partition = quoteIdentifier(partitionName(table, month));
  const waiting = quoteIdentifier(`${table}_default`);
  const columns = await plainColumns(client, table);
  const from = quoteLiteral(`${month}-01`);
  const to = quoteLiteral(firstOfNext(month));
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

/** `2024-12` -> `2025-01-01` */
function firstOfNext(month: Month): string {
  const [year = 0, number = 0] = month.split("-").map(Number);
  const next = number === 12 ? [year + 1, 1] : [year, number + 1];
  return `${String(next[0]).padStart(4, "0")}-${String(next[1]).padStart(2, "0")}-01`;
}
