import type { Client } from "../../database/connection.ts";
import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { isWaitedFor, type LockRetry, withLockRetry } from "../../database/lock-retry.ts";
import { boundsOf, partitionName } from "../../database/months.ts";
import { fail } from "../../errors.ts";
import type { TableContract } from "../../schema/contracts.ts";
import { type BuiltMonth, boundsCheck } from "./build-month.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { type PublishOptions, step } from "./publish-options.ts";

/** For how long a load tries to swap its months while readers are in the way. */
export const swapLimit_s = 300;

/** While a swap waits for its lock, readers that come later wait behind it. So it waits briefly, and often. */
const swapLockTimeout_ms = 100;

/**
 * How long it waits for locks that no reader waits behind. An autovacuum that holds one of them ends itself when it has been in
 * the way for a second (`deadlock_timeout`).
 */
const quietLockTimeout_ms = 3_000;

/**
 * Confirms and swaps months as the last thing in the load's transaction. If a reader is in the way, only this is undone and
 * tried again: what the transaction has written before stays written. If meanwhile another session waits for that, the lock
 * failure comes out, and the whole transaction is to be tried again.
 *
 * @param options.limit_s for how long it is tried
 * @throws LOAD_CONFLICT; DATABASE_LOCK_TIMEOUT after the limit; lock failures of the driver
 */
export async function swapWhenFree(
  client: Client,
  contract: TableContract,
  swaps: readonly BuiltMonth[],
  options: PublishOptions & { readonly limit_s: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const retry: LockRetry = {
    lockTimeout_ms: swapLockTimeout_ms,
    attempts: Number.POSITIVE_INFINITY,
    limit_s: options.limit_s,
    giveWay: () => isWaitedFor(client),
    onRetry: options.onRetry,
    signal: options.signal,
  };
  await client.query("SAVEPOINT before_swap");
  await withLockRetry(client, retry, async () => {
    try {
      await client.query(`SET LOCAL lock_timeout = ${quietLockTimeout_ms}`);
      await step(options, "confirm");
      await confirmOrigins(client, contract, swaps);
      await client.query(`SET LOCAL lock_timeout = ${swapLockTimeout_ms}`);
      await step(options, "swap");
      await swapMonths(client, contract, swaps);
    } catch (error) {
      // Releases the locks. The first error is the one to report; a connection that is lost has rolled back by itself.
      await client.query("ROLLBACK TO SAVEPOINT before_swap").catch(() => {});
      throw error;
    }
  });
}

/**
 * Makes sure, without disturbing readers, that rebuilt months have not changed since they were read. From here to the end of
 * the transaction, or to the savepoint, nobody writes to them.
 *
 * @throws LOAD_CONFLICT
 */
async function confirmOrigins(
  client: Client,
  contract: TableContract,
  swaps: readonly BuiltMonth[],
): Promise<void> {
  // Attaching locks the default partition. A vacuum there gives way to this, too.
  await client.query(
    `LOCK TABLE ${quoteIdentifier(`${contract.name}_default`)} IN SHARE UPDATE EXCLUSIVE MODE`,
  );
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
async function swapMonths(
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
      await client.query(`ALTER TABLE ${parent} DETACH PARTITION ${old}`);
      await client.query(`DROP TABLE ${old}`);
    } else if (home.kind === "default") {
      await client.query(`DELETE FROM ${quoteIdentifier(home.relation)} WHERE date >= $1 AND date < $2`, [
        from,
        to,
      ]);
    }
    await client.query(`
      ALTER TABLE ${parent} ATTACH PARTITION ${relation}
      FOR VALUES FROM (${quoteLiteral(from)}) TO (${quoteLiteral(to)})
    `);
    await client.query(`ALTER TABLE ${relation} DROP CONSTRAINT ${boundsCheck}`);
    await client.query(`ALTER TABLE ${relation} RESET (autovacuum_enabled)`);
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
