import type { Client } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { boundsOf, partitionName } from "../../database/months.ts";
import { fail } from "../../errors.ts";
import type { TableContract } from "../../schema/contracts.ts";
import { type Built, boundsCheck, fingerprint } from "./build.ts";

/**
 * Makes sure, without disturbing readers, that rebuilt months are what they were when they were read. From here on to the
 * end of the transaction nobody writes to them.
 *
 * @throws LOAD_CONFLICT
 */
export async function confirmOrigins(
  client: Client,
  contract: TableContract,
  swaps: readonly Built[],
): Promise<void> {
  for (const { plan, origin } of swaps) {
    if (plan.home.kind === "none") continue;
    await client.query(`LOCK TABLE ${quoteIdentifier(plan.home.relation)} IN SHARE ROW EXCLUSIVE MODE`);
    const { rows, digest } = await fingerprint(client, plan);
    if (rows === origin.rows && digest === origin.digest) continue;
    const reason = `${plan.month} had ${origin.rows} rows and has ${rows} now, or others`;
    throw fail("LOAD_CONFLICT", { table: contract.name, reason });
  }
}

/**
 * Puts built months in their places: milliseconds, because nothing is left to build or to prove. The table is locked until
 * the transaction ends, also where PostgreSQL could do without: a query that knows the old partitions already, and then
 * waits for one of them, reads them as they are afterwards, without the new ones.
 */
export async function swapMonths(
  client: Client,
  contract: TableContract,
  swaps: readonly Built[],
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

/** A table of that name may stand there: a partition that somebody detached to keep it. Then the month keeps its own. */
async function takeName(client: Client, relation: string, name: string): Promise<void> {
  const { rows } = await client.query<{ free: boolean }>("SELECT to_regclass($1) IS NULL AS free", [
    quoteIdentifier(name),
  ]);
  if (!rows[0]?.free) return;
  await client.query(`ALTER TABLE ${quoteIdentifier(relation)} RENAME TO ${quoteIdentifier(name)}`);
}
