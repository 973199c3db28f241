import { rm } from "node:fs/promises";
import { type Client, withTransaction } from "../../database/connection.ts";
import { type LockRetry, withLockRetry } from "../../database/lock-retry.ts";
import { lockMonths, unlockMonths } from "../../database/locks.ts";
import { ForecastLabError } from "../../errors.ts";
import { totalOf } from "../counts.ts";
import { tables } from "../engine-tables.ts";
import { nextLoadId, recordRun, serverTime } from "../ledger/record-run.ts";
import type { AcceptedRows } from "./accepted-rows.ts";
import { type BuildOptions, type BuiltMonth, buildMonth } from "./build-month.ts";
import { dropLeftovers } from "./drop-leftovers.ts";
import { insertDimensionRows } from "./insert-dimension-rows.ts";
import { mergeMonth } from "./merge-month.ts";
import type { MonthPlan } from "./month-plan.ts";
import { type StagedMonth, stagedMonths } from "./month-states.ts";
import { isReplaceable, type PartitionDefinition, partitionDefinitionOf } from "./partition-definition.ts";
import { planMonths } from "./plan-months.ts";
import { type Publication, type PublishOptions, rowTally, step } from "./publish-options.ts";
import { reserveIds } from "./reserve-ids.ts";
import { type SpooledMonth, spoolMonth } from "./spool-month.ts";
import { confirmOrigins, swapMonths } from "./swap-months.ts";
import { onTwoConnections } from "./two-connections.ts";

/**
 * Publishes the accepted rows in their table: new rows are inserted, those that differ in a column that the load gives are
 * updated, the rest are not written. Months are compared, then built next to the table or merged into it, whichever is
 * cheaper. All of it becomes visible in one transaction, together with the load's row in the ledger. Whatever ends it before
 * leaves the old state, and tables that nobody reads, which the next load drops.
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
    return { counts: options.counts(totalOf(months)), months, loadId: null };
  }
  const months = staged.map(({ month }) => month);
  await step(options, "lock months");
  await lockMonths(client, contract.name, months, "session", {
    wait: options.wait,
    ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
  });
  await step(options, "sweep leftovers");
  await dropLeftovers(client);
  let publication: Publication;
  try {
    publication = await publishUnlessChanged(client, rows, staged, options);
  } catch (error) {
    // If the connection is lost, the next load drops them, and the server releases the locks.
    await dropLeftovers(client).catch(() => {});
    await unlockMonths(client, contract.name, months).catch(() => {});
    throw error;
  }
  await unlockMonths(client, contract.name, months);
  return publication;
}

/** Starts again from the comparison when somebody else wrote to a month meanwhile. */
async function publishUnlessChanged(
  client: Client,
  rows: AcceptedRows,
  staged: readonly StagedMonth[],
  options: PublishOptions,
): Promise<Publication> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await publishOnce(client, rows, staged, options);
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
): Promise<Publication> {
  const { engine, contract } = rows;
  const [loadId, loadedAt] = [await nextLoadId(client), await serverTime(client)];
  const definition = await partitionDefinitionOf(client, contract);
  const months = await planMonths(client, rows, staged, options, isReplaceable(definition));
  const counts = options.counts(totalOf(months));
  const toBuild = months.filter(({ method }) => method === "attach" || method === "rebuild");
  const firstId = toBuild.length === 0 ? null : await firstIdOf(client, rows, definition);
  const build: BuildOptions = { definition, loadId, firstId, loadedAt, onStep: options.onStep };
  const toMerge = months.filter(({ method }) => method === "merge");
  // Nobody else sees dimension rows before the commit: only the transaction that adds them can validate keys against them.
  const createsDimensionRows = Object.values(counts.created).some((count) => count > 0);

  options.onPhase?.("build");
  const built = createsDimensionRows ? [] : await buildMonths(client, rows, toBuild, build, options);
  const spooled = createsDimensionRows ? await spoolMonths(client, rows, toBuild, build) : [];
  options.onPhase?.("publish");
  const transaction = async () => {
    await step(options, "begin");
    // A load may move the boundary between two price windows: only the outcome must not overlap.
    await client.query("SET CONSTRAINTS ALL DEFERRED");
    const swaps = [...built];
    if (createsDimensionRows) {
      await step(options, "create dimension rows");
      await insertDimensionRows(client, engine, counts.created);
      for (const month of spooled) swaps.push(await buildMonth(client, engine, month, build, "of the load"));
    }
    for (const plan of toMerge) {
      await step(options, `merge ${plan.month ?? "table"}`);
      await mergeMonth(client, rows, plan, { definition, loadedAt });
    }
    // Deferred constraints are checked here, where an error can still say what it is about.
    await client.query("SET CONSTRAINTS ALL IMMEDIATE");
    await step(options, "record");
    await recordRun(client, loadId, options.entry, counts, months.map(ledgerMonth));
    if (swaps.length > 0) {
      await client.query(`SET LOCAL lock_timeout = ${swapLockRetry.lockTimeout_ms}`);
      await step(options, "confirm");
      await confirmOrigins(client, contract, swaps);
      await step(options, "swap");
      await swapMonths(client, contract, swaps);
    }
    await step(options, "commit");
  };
  const retry = { ...swapLockRetry, signal: engine.signal, onRetry: options.onRetry };
  await withLockRetry(client, retry, () => withTransaction(client, transaction));
  await step(options, "done");
  return { counts, months, loadId };
}

/** Reserves an id for every row of the source. @returns the first; null if each row is to draw its own */
async function firstIdOf(
  client: Client,
  { engine }: AcceptedRows,
  { sequence }: PartitionDefinition,
): Promise<number | null> {
  const last = await engine.count(`SELECT max(_seq) FROM ${tables.acceptedRow}`);
  return sequence === null ? null : reserveIds(client, sequence, last + 1);
}

/** While a swap waits for its lock, readers that come later wait behind it. So it waits briefly, and often. */
const swapLockRetry: LockRetry = { lockTimeout_ms: 100, attempts: 400 };

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
    const built = await buildMonth(connection, engine, spooled, build, "own");
    for (const { path } of spooled.files) await rm(path);
    done(plan.staged);
    return built;
  });
}

async function spoolMonths(
  client: Client,
  rows: AcceptedRows,
  plans: readonly MonthPlan[],
  build: BuildOptions,
): Promise<SpooledMonth[]> {
  const spooled: SpooledMonth[] = [];
  for (const plan of plans) spooled.push(await spoolMonth(client, rows, plan, build));
  return spooled;
}
