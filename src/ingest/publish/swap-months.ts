import type { Client } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf, partitionName } from "../../database/months.ts";
import { fail } from "../../errors.ts";
import type { TableContract } from "../../schema/contracts.ts";
import { type BuiltMonth, boundsCheck } from "./build-month.ts";
import { fingerprintOf } from "./fingerprint.ts";

/**
 * Makes sure, without disturbing readers, that rebuilt months have not changed since they were read. From here to the end of
 * the transaction nobody writes to them.
 *
 * @throws LOAD_CONFLICT
 */
export async function confirmOrigins(
  client: Client,
  contract: TableContract,
  swaps: readonly BuiltMonth[],
): Promise<void> {
  for (const { plan, origin } of swaps) {
    if (plan.home.kind === "none") continue;
    await client.query(`LOCK TABLE ${quoteIdentifier(plan.home.relation)} IN SHARE ROW EXCLUSIVE MODE`);
    const { rows, digest } = await fingerprintOf(client, plan);
    if (rows === origin.rows && digest === origin.digest) continue;
    const reason = `${plan.month} had ${origin.rows} rows and has ${rows} now, or others`;
    throw fail("LOAD_CONFLICT", { table: contract.name, reason });
  }
}

/**
 * Attaches built months, those that replace a stored one in its place. It takes milliseconds, because nothing is left to build
 * or to validate. The table is locked until the transaction ends, even if PostgreSQL does not require it: otherwise a query
 * that had looked up the old partitions, and then waited for one of them, would miss the rows of the new ones.
 */
export async function swapMonths(
  client: Client,
  contract: TableContract,
  swaps: readonly BuiltMonth[],
): Promise<void> {
  const parent = quoteIdentifier(contract.name);
  await client.query(`LOCK TABLE ONLY ${parent} IN ACCESS EXCLUSIVE MODE`);
  for (const { plan, relation: built } of swaps) {
    const { month, home } = plan;
    if (month === null) continue;
    const { from, to } = boundsOf(month);
    const relation = quoteIdentifier(built);
    if (home.kind === "month") {
      const old = quoteIdentifier(home.relation);
      await client.query(`ALTER TABLE ${parent} DETACH PARTITION ${old}; DROP TABLE ${old}`);
    } else if (home.kind === "default") {
      await client.query(`DELETE FROM ${quoteIdentifier(home.relation)} WHERE date >= $1 AND date < $2`, [
        from,
        to,
      ]);
    }
    await client.query(`
      ALTER TABLE ${parent} ATTACH PARTITION ${relation}
        FOR VALUES FROM (${quoteLiteral(from)}) TO (${quoteLiteral(to)});
      ALTER TABLE ${relation} DROP CONSTRAINT ${boundsCheck}, RESET (autovacuum_enabled)
    `);
    await takeName(client, built, partitionName(contract.name, month));
  }
}

/** If there is a table of that name (somebody detached a partition to keep it), the month keeps the name it was built under. */
async function takeName(client: Client, relation: string, name: string): Promise<void> {
  const { rows } = await client.query<{ free: boolean }>("SELECT to_regclass($1) IS NULL AS free", [
    quoteIdentifier(name),
  ]);
  if (!rows[0]?.free) return;
  await client.query(`ALTER TABLE ${quoteIdentifier(relation)} RENAME TO ${quoteIdentifier(name)}`);
}
