import { type Client, withTransaction } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import { isLockFailure } from "../../database/lock-retry.ts";
import { tryLockMonth } from "../../database/locks.ts";
import { loadTablePattern } from "../../database/months.ts";
import { type TableName, tableNames } from "../../schema/tables.ts";

/**
 * Drops months that were built and never attached, because their load was killed. A month that another load is building stays:
 * that load holds the month's lock. It also stays when the drop cannot have its locks soon: it locks the dimensions that the
 * month refers to, and readers must not wait for that.
 *
 * @returns the tables dropped
 */
export async function dropLeftovers(client: Client): Promise<string[]> {
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
      if (!isLockFailure(error)) throw error;
    });
  }
  return dropped;
}
