import { rm } from "node:fs/promises";
import { type Client, withClient, withTransaction } from "../../database/connection.ts";
import { defaultLockRetry, withLockRetry } from "../../database/lock-retry.ts";
import { lockMonths, lockSwapTurn, unlockMonths } from "../../database/locks.ts";
import { ForecastLabError } from "../../errors.ts";
import { type CreatedRows, totalOf } from "../counts.ts";
import { tables } from "../engine-tables.ts";
import { nextLoadId, recordRun, serverTime } from "../ledger/record-run.ts";
import type { AcceptedRows } from "./accepted-rows.ts";
import { addDimensionRows } from "./add-dimension-rows.ts";
import { type BuildOptions, type BuiltMonth, buildMonth } from "./build-month.ts";
import { dropLeftovers } from "./drop-leftovers.ts";
import { mergeMonth } from "./merge-month.ts";
import type { MonthPlan } from "./month-plan.ts";
import { type StagedMonth, stagedMonths } from "./month-states.ts";
import { isReplaceable, type PartitionDefinition, partitionDefinitionOf } from "./partition-definition.ts";
import { planMonths } from "./plan-months.ts";
import { type Publication, type PublishOptions, rowTally, step } from "./publish-options.ts";
import { type IdsOf, reserveIds } from "./reserve-ids.ts";
import { spoolMonth } from "./spool-month.ts";
import { swapLimit_s, swapWhenFree } from "./swap-months.ts";
import { onTwoConnections } from "./two-connections.ts";

/**
 * Publishes the accepted rows in their table: new rows are inserted, those that differ in a column that the load gives are
 * updated, the rest are not written. Months are compared, then built next to the table or merged into it, whichever is
 * cheaper. All of it becomes visible in one transaction, together with the load's row in the ledger. Whatever ends it before
 * leaves the old state, and tables that nobody reads, which the next load drops. Only dimension rows that the load adds are
 * committed before, and stay.
 *
 * @throws LOAD_MONTH_BUSY, LOAD_CONFLICT, DATABASE_LOCK_TIMEOUT, CONSTRAINT_VIOLATED and other errors of the database
 */
export async function publish(
  client: Client,
  rows: AcceptedRows,
  options: PublishOptions,
): Promise<Publication> {
  const { engine, contract } = rows;
  const staged = await stagedMonths(engine, contract);
  if (options.dryRun) {
    const definition = await partitionDefinitionOf(client, contract);
    const months = await planMonths(client, rows, staged, options, isReplaceable(definition));
    return { counts: options.counts(totalOf(months), options.missing), months, loadId: null };
  }
  const months = staged.map(({ month }) => month);
  const unlock = () => unlockMonths(client, contract.name, months);
  await step(options, "lock months");
  await lockMonths(client, contract.name, months, "session", {
    wait: options.wait,
    limit_s: options.lockWait_s,
    ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
  });
  let published = false;
  try {
    await step(options, "sweep leftovers");
    await dropLeftovers(client);
    const created = await addDimensionRows(client, rows, options);
    const publication = await publishUnlessChanged(client, rows, staged, options, created);
    published = true;
    await unlock().catch(unlessConnectionEnds);
    return publication;
  } catch (error) {
    if (!published) await cleanUp(error, unlock, options);
    throw error;
  }
}

/** Frees the months, and drops what was built. What it cannot drop, the next load does. */
async function cleanUp(
  error: unknown,
  unlock: () => Promise<void>,
  { database }: PublishOptions,
): Promise<void> {
  // Through a network that has just given no answer, it would only take longer until the load says so.
  if (error instanceof ForecastLabError && error.code === "DATABASE_SILENT") return;
  // The statements of an interrupted load are cancelled again and again, so the first may be hit by that.
  await unlock().catch(() => unlock().catch(() => {}));
  // On a connection of its own, because the load's may be lost, or be cancelled.
  await withClient(database, dropLeftovers).catch(() => {});
}

/**
 * After the commit the load is published, even if it is interrupted or loses its connection then: the locks end with the
 * connection. Only a server that says the session does not hold them is reported, because another session may keep them.
 */
function unlessConnectionEnds(error: unknown): void {
  if (!(error instanceof ForecastLabError) || error.cause === undefined) throw error;
}

/** Starts again from the comparison when somebody else wrote to a month meanwhile. */
async function publishUnlessChanged(
  client: Client,
  rows: AcceptedRows,
  staged: readonly StagedMonth[],
  options: PublishOptions,
  created: CreatedRows,
): Promise<Publication> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await publishOnce(client, rows, staged, options, created);
    } catch (error) {
      if (attempt === attempts || !isConflict(error)) throw error;
      await dropLeftovers(client);
    }
  }
}

const attempts = 3;

/** A unique key, rows in the default partition or a partition that were not there when the load checked for them. */
function isConflict(error: unknown): boolean {
  if (error instanceof ForecastLabError) return error.code === "LOAD_CONFLICT";
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === "23505" || code === "42P17" || (code === "23514" && constraint === undefined);
}

async function publishOnce(
  client: Client,
  rows: AcceptedRows,
  staged: readonly StagedMonth[],
  options: PublishOptions,
  created: CreatedRows,
): Promise<Publication> {
  const { engine, contract } = rows;
  const [loadId, loadedAt] = [await nextLoadId(client), await serverTime(client)];
  const definition = await partitionDefinitionOf(client, contract);
  const months = await planMonths(client, rows, staged, options, isReplaceable(definition));
  const counts = options.counts(totalOf(months), created);
  const toBuild = months.filter(({ method }) => method === "attach" || method === "rebuild");
  const ids = toBuild.length === 0 ? null : await idsFor(client, rows, definition);
  const build: BuildOptions = { definition, loadId, ids, loadedAt, onStep: options.onStep };
  const toMerge = months.filter(({ method }) => method === "merge");

  options.onPhase?.("build");
  const swaps = await buildMonths(client, rows, toBuild, build, options);
  options.onPhase?.("publish");
  const begun = performance.now();
  const transaction = async () => {
    await step(options, "begin");
    if (swaps.length > 0 && toMerge.length > 0) {
      await lockSwapTurn(client, contract.name, { limit_s: options.lockWait_s, onWait: options.onTurn });
    }
    // A load may move the boundary between two price windows: only the outcome must not overlap.
    await client.query("SET CONSTRAINTS ALL DEFERRED");
    for (const plan of toMerge) {
      await step(options, `merge ${plan.month ?? "table"}`);
      await mergeMonth(client, rows, plan, { definition, loadedAt });
    }
    // Deferred constraints are checked here, where an error can still say what it is about.
    await client.query("SET CONSTRAINTS ALL IMMEDIATE");
    await step(options, "record");
    await recordRun(client, loadId, options.entry, counts, months.map(ledgerMonth));
    if (swaps.length > 0) {
      const limit_s = swapLimit_s - (performance.now() - begun) / 1_000;
      await swapWhenFree(client, contract, swaps, { ...options, limit_s, signal: engine.signal });
    }
    await step(options, "commit");
  };
  const retry = { ...defaultLockRetry, signal: engine.signal, onRetry: options.onRetry };
  await withLockRetry(client, retry, () => withTransaction(client, transaction));
  await step(options, "done");
  return { counts, months, loadId };
}

/** Reserves an id for every row of the source; null if each row is to draw its own. */
async function idsFor(
  client: Client,
  { engine }: AcceptedRows,
  { sequence }: PartitionDefinition,
): Promise<IdsOf | null> {
  const last = await engine.count(`SELECT max(_seq) FROM ${tables.acceptedRow}`);
  return sequence === null ? null : reserveIds(client, sequence, last + 1);
}

const ledgerMonth = ({ month, method, inserted, updated, unchanged }: MonthPlan) => ({
  month,
  method,
  inserted,
  updated,
  unchanged,
});

/** Builds months in transactions of their own: nobody reads them until they are attached. */
function buildMonths(
  client: Client,
  rows: AcceptedRows,
  plans: readonly MonthPlan[],
  build: BuildOptions,
  options: PublishOptions,
): Promise<BuiltMonth[]> {
  const { engine } = rows;
  const done = rowTally(plans, options);
  return onTwoConnections(client, options.database, engine.signal, plans, async (connection, plan) => {
    const spooled = await spoolMonth(connection, rows, plan, build);
    const built = await buildMonth(connection, engine, spooled, build);
    for (const { path } of spooled.files) await rm(path);
    done(plan.staged);
    return built;
  });
}
