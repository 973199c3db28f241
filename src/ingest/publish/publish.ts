import { rm } from "node:fs/promises";
import { type Client, type Database, withTransaction } from "../../database/connection.ts";
import { type Patience, patiently } from "../../database/lock-retry.ts";
import { lockMonths, unlockMonths } from "../../database/locks.ts";
import type { Month } from "../../database/months.ts";
import { ForecastLabError } from "../../errors.ts";
import type { Account } from "../counts.ts";
import { nextLoadId, type Run, recordRun, serverTime } from "../ledger/record-run.ts";
import { type BuildOptions, type Built, buildMonth, type SpooledMonth, spoolMonth } from "./build.ts";
import { compareMonth } from "./compare.ts";
import { reserveIds } from "./ids.ts";
import { mergeMonth } from "./merge.ts";
import { type MonthChanges, type MonthPlan, methodOf, totalOf } from "./month-plan.ts";
import { type StagedMonth, stagedMonths, statesOf } from "./month-states.ts";
import { isReplaceable, type PartitionDefinition, partitionDefinitionOf } from "./partition-definition.ts";
import { sideBySide } from "./side-by-side.ts";
import type { Batch } from "./spool.ts";
import { insertStubs } from "./stubs.ts";
import { confirmOrigins, swapMonths } from "./swap.ts";
import { sweepLeftovers } from "./sweep.ts";

export interface PublishOptions {
  readonly database: Database;
  readonly run: Run;
  /** Only compare: nothing is written. */
  readonly dryRun: boolean;
  /** Whether to wait for another load of the same month. */
  readonly wait: boolean;
  /** Decides what is done with a month; default {@link methodOf}. For measuring what it would cost otherwise. */
  readonly choose?: typeof methodOf | undefined;
  /** The load's account under these changes; throws when it does not add up. */
  readonly account: (changes: MonthChanges) => Account;
  readonly onWait?: ((month: Month | null) => void) | undefined;
  /** Told when the swap could not have its lock, and who holds it. */
  readonly onRetry?: ((attempt: number, holders: string) => void) | undefined;
  readonly onPhase?: ((phase: "compare" | "build" | "publish") => void) | undefined;
  /** Rows that are compared or built, of how many. */
  readonly onRows?: ((rows: number, of: number) => void) | undefined;
  /** Told before each step that touches the warehouse; what it throws ends the load. */
  readonly onStep?: ((step: string) => void | Promise<void>) | undefined;
}

/** What became of the months of a load, or would become; its number in the ledger unless it was a dry run. */
export interface Publication {
  readonly account: Account;
  readonly months: readonly MonthPlan[];
  readonly loadId: number | null;
}

/**
 * Brings the accepted rows into their table: new ones are inserted, those that differ in a column the load gives updated,
 * the rest left unwritten. Months are compared, then built beside the table or merged into it, whichever is cheaper;
 * all of it becomes visible in one transaction, together with the load's row in the ledger. Whatever ends it before
 * leaves the old state, and tables nobody reads, which the next load drops.
 *
 * @throws LOAD_MONTH_BUSY, LOAD_CONFLICT, DATABASE_LOCK_TIMEOUT, CONSTRAINT_VIOLATED and other errors of the database
 */
export async function publish(client: Client, batch: Batch, options: PublishOptions): Promise<Publication> {
  const staged = await stagedMonths(batch.engine, batch.contract);
  if (options.dryRun) {
    const definition = await partitionDefinitionOf(client, batch.contract);
    const months = await planMonths(client, batch, staged, options, isReplaceable(definition));
    return { account: options.account(totalOf(months)), months, loadId: null };
  }
  const months = staged.map(({ month }) => month);
  await step(options, "lock months");
  await lockMonths(client, batch.contract.name, months, "session", {
    wait: options.wait,
    ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
  });
  await step(options, "sweep leftovers");
  await sweepLeftovers(client);
  try {
    return await publishUnlessChanged(client, batch, staged, options);
  } catch (error) {
    // A connection that is gone has nothing to tidy up with: the next load does.
    await sweepLeftovers(client).catch(() => {});
    throw error;
  } finally {
    await unlockMonths(client, batch.contract.name, months).catch(() => {});
  }
}

/** Again from the comparison when somebody else wrote to a month meanwhile. */
async function publishUnlessChanged(
  client: Client,
  batch: Batch,
  staged: readonly StagedMonth[],
  options: PublishOptions,
): Promise<Publication> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await publishOnce(client, batch, staged, options);
    } catch (error) {
      if (attempt === attempts || !isConflict(error)) throw error;
      await sweepLeftovers(client);
    }
  }
}

const attempts = 3;

/** Unique key taken, default partition not empty any more, partition there by now: all checked before, so all new. */
function isConflict(error: unknown): boolean {
  if (error instanceof ForecastLabError) return error.code === "LOAD_CONFLICT";
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === "23505" || code === "42P17" || (code === "23514" && constraint === undefined);
}

async function publishOnce(
  client: Client,
  batch: Batch,
  staged: readonly StagedMonth[],
  options: PublishOptions,
): Promise<Publication> {
  const [loadId, loadedAt] = [await nextLoadId(client), await serverTime(client)];
  const definition = await partitionDefinitionOf(client, batch.contract);
  const months = await planMonths(client, batch, staged, options, isReplaceable(definition));
  const account = options.account(totalOf(months));
  const toBuild = months.filter(({ method }) => method === "attach" || method === "rebuild");
  const firstId = toBuild.length === 0 ? null : await idsFor(client, batch, definition);
  const build: BuildOptions = { definition, loadId, firstId, loadedAt, onStep: options.onStep };
  const toMerge = months.filter(({ method }) => method === "merge");
  // Dimension rows nobody else can see yet: only the transaction that adds them can prove keys against them.
  const createsDimensions = Object.values(account.created).some((count) => count > 0);

  options.onPhase?.("build");
  const built = createsDimensions ? [] : await buildApart(client, batch, toBuild, build, options);
  const spooled = createsDimensions ? await spoolAll(client, batch, toBuild, build) : [];
  options.onPhase?.("publish");
  const transaction = async () => {
    await step(options, "begin");
    // A load may move the boundary between two price windows: only the outcome must not overlap.
    await client.query("SET CONSTRAINTS ALL DEFERRED");
    const swaps = [...built];
    if (createsDimensions) {
      await step(options, "create dimension rows");
      await insertStubs(client, batch.engine, account.created);
      for (const month of spooled) swaps.push(await buildMonth(client, batch, month, build, "of the load"));
    }
    for (const plan of toMerge) {
      await step(options, `merge ${plan.month ?? "table"}`);
      await mergeMonth(client, batch, plan, { definition, loadedAt });
    }
    // Deferred constraints speak up here, where the error can still name what it is about.
    await client.query("SET CONSTRAINTS ALL IMMEDIATE");
    await step(options, "record");
    await recordRun(client, loadId, options.run, account, months.map(ledgerMonth));
    if (swaps.length > 0) {
      await client.query(`SET LOCAL lock_timeout = ${swapPatience.lockTimeout_ms}`);
      await step(options, "confirm");
      await confirmOrigins(client, batch.contract, swaps);
      await step(options, "swap");
      await swapMonths(client, batch.contract, swaps);
    }
    await step(options, "commit");
  };
  const patience = { ...swapPatience, signal: batch.engine.signal, onRetry: options.onRetry };
  await patiently(client, patience, () => withTransaction(client, transaction));
  await step(options, "done");
  return { account, months, loadId };
}

/** A number for every row of the source. */
async function idsFor(
  client: Client,
  batch: Batch,
  { sequence }: PartitionDefinition,
): Promise<number | null> {
  const last = await batch.engine.count("SELECT max(_seq) FROM accepted");
  return sequence === null ? null : reserveIds(client, sequence, last + 1);
}

/** While a swap waits for its lock, readers that come later wait behind it: so it waits briefly, and often. */
const swapPatience: Patience = { lockTimeout_ms: 100, attempts: 400 };

const ledgerMonth = ({ month, method, inserted, updated, unchanged }: MonthPlan) => ({
  month,
  method,
  inserted,
  updated,
  unchanged,
});

/** Compares every month and says what is to be done with it. */
async function planMonths(
  client: Client,
  batch: Batch,
  staged: readonly StagedMonth[],
  options: PublishOptions,
  replaceable: boolean,
): Promise<MonthPlan[]> {
  const { choose = methodOf } = options;
  options.onPhase?.("compare");
  await step(options, "compare");
  const states = await statesOf(client, batch.contract, staged);
  const progress = tally(states, options);
  return sideBySide(client, options.database, batch.engine.signal, states, async (connection, state) => {
    const changes = await compareMonth(connection, batch, state);
    progress(state.staged);
    return { ...state, ...changes, method: choose(state, changes, replaceable) };
  });
}

/** Builds months in transactions of their own: until they are attached, nobody reads them. */
function buildApart(
  client: Client,
  batch: Batch,
  plans: readonly MonthPlan[],
  build: BuildOptions,
  options: PublishOptions,
): Promise<Built[]> {
  const progress = tally(plans, options);
  return sideBySide(client, options.database, batch.engine.signal, plans, async (connection, plan) => {
    const spooled = await spoolMonth(connection, batch, plan, build);
    const built = await buildMonth(connection, batch, spooled, build, "own");
    for (const { path } of spooled.files) await rm(path);
    progress(plan.staged);
    return built;
  });
}

async function spoolAll(
  client: Client,
  batch: Batch,
  plans: readonly MonthPlan[],
  build: BuildOptions,
): Promise<SpooledMonth[]> {
  const spooled: SpooledMonth[] = [];
  for (const plan of plans) spooled.push(await spoolMonth(client, batch, plan, build));
  return spooled;
}

function tally(months: readonly { staged: number }[], { onRows }: PublishOptions): (rows: number) => void {
  const total = months.reduce((sum, { staged }) => sum + staged, 0);
  let done = 0;
  return (rows) => {
    done += rows;
    onRows?.(done, total);
  };
}

async function step({ onStep }: PublishOptions, name: string): Promise<void> {
  await onStep?.(name);
}
