import type { TableName } from "../schema/tables.ts";
import { type Client, withTransaction } from "./connection.ts";
import { quoteIdentifier, quoteLiteral } from "./identifiers.ts";
import { lockMonths } from "./locks.ts";
import { boundsOf, dayNumber, type Month, partitionName } from "./months.ts";

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
    const [from, to] = [...bounds.matchAll(/\((?:'(\d{4,}-\d\d-\d\d(?: BC)?)'|[^()]+)\)/g)].map(
      ([, day]) => day ?? null,
    );
    return { name, from: from ?? null, to: to ?? null };
  });
}

/** The partition that a month's rows go to: its own, or one with other months too. */
export function partitionFor(partitions: readonly Partition[], month: Month): Partition | undefined {
  const { from, to } = boundsOf(month);
  return partitions.find(
    (partition) =>
      dayNumber(partition.from ?? from) <= dayNumber(from) && dayNumber(partition.to ?? to) >= dayNumber(to),
  );
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
  await ownLikeParent(client, table, partitionName(table, month));
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

/**
 * Gives a new partition the owner and the grants of its parent. Without this it would belong to the role that made it, and a
 * role that is only a member of the owning role would shut the owner out.
 *
 * The grants of a table with row security are not copied: a partition has no policies, and whoever may read it directly would
 * read past those of the parent.
 */
export async function ownLikeParent(client: Client, table: TableName, partition: string): Promise<void> {
  const relation = quoteIdentifier(partition);
  const { rows: owners } = await client.query<{ owner: string; same: boolean; secured: boolean }>(
    `SELECT parent.relowner::regrole::text AS owner, own.relowner = parent.relowner AS same,
       parent.relrowsecurity AS secured
     FROM pg_class AS parent, pg_class AS own
     WHERE parent.oid = $1::regclass AND own.oid = $2::regclass`,
    [quoteIdentifier(table), relation],
  );
  const [parent] = owners;
  if (parent === undefined) return;
  // A role's name as regrole writes it is quoted if it has to be.
  if (!parent.same) await client.query(`ALTER TABLE ${relation} OWNER TO ${parent.owner}`);
  for (const { privilege, columns, grantee } of await grantsOf(client, partition)) {
    await client.query(`REVOKE ${privilege}${columns} ON TABLE ${relation} FROM ${grantee}`);
  }
  if (parent.secured) return;
  for (const { privilege, columns, grantee, option } of await grantsOf(client, table)) {
    await client.query(`GRANT ${privilege}${columns} ON TABLE ${relation} TO ${grantee}${option}`);
  }
}

/** Parts of the statement GRANT, as SQL. */
interface Grant {
  readonly privilege: string;
  /** The column in parentheses; empty for the whole table. */
  readonly columns: string;
  readonly grantee: string;
  readonly option: string;
}

/** What others than the owner may do with a table. */
async function grantsOf(client: Client, table: string): Promise<Grant[]> {
  const { rows } = await client.query<Grant>(
    `SELECT acl.privilege_type AS privilege, given.columns,
       CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END AS grantee,
       CASE WHEN acl.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option
     FROM pg_class AS c
     CROSS JOIN LATERAL (
       SELECT c.relacl AS entries, '' AS columns
       UNION ALL
       SELECT attacl, format(' (%I)', attname) FROM pg_attribute
       WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
     ) AS given
     CROSS JOIN LATERAL aclexplode(given.entries) AS acl
     WHERE c.oid = $1::regclass AND acl.grantee <> c.relowner
     ORDER BY grantee, columns, privilege`,
    [quoteIdentifier(table)],
  );
  return rows;
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
