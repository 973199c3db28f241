import { type Client, withTransaction } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import { lacksLock } from "../../database/lock-retry.ts";
import { tryLockMonth } from "../../database/locks.ts";
import { loadTablePattern } from "../../database/months.ts";
import { type TableName, tableNames } from "../../schema/tables.ts";

/**
 * Drops the months that loads which died had built and not attached. One that another load is at work on is left alone:
 * that load holds the month's lock. So is one that somebody is in the way of: dropping it locks the dimensions it refers to
 * against readers, and is not worth their waiting.
 *
 * @returns the tables dropped
 */
export async function sweepLeftovers(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ relation: string; table: TableName; month: string }>(
    `SELECT relname AS relation, found[1] AS table, found[2] || '-' || found[3] AS month
     FROM pg_class, regexp_match(relname, $2) AS found
     WHERE found[1] = ANY ($1::text[])
       AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('load_run'))
       AND relkind = 'r' AND NOT relispartition AND pg_has_role(relowner, 'USAGE')
     ORDER BY relname`,
    [tableNames, loadTablePattern],
  );
  const dropped: string[] = [];
  for (const { relation, table, month } of rows) {
    const drop = async () => {
      if (!(await tryLockMonth(client, table, month, "transaction"))) return;
      await client.query("SET LOCAL lock_timeout = 100");
      await client.query(`DROP TABLE IF EXISTS ${quoteIdentifier(relation)}`);
      dropped.push(relation);
    };
    await withTransaction(client, drop).catch((error) => {
      if (!lacksLock(error)) throw error;
    });
  }
  return dropped;
}
