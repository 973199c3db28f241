import type { Database } from "../../database/connection.ts";
import type { Month } from "../../database/months.ts";
import type { CreatedRows, LoadCounts, MonthChanges } from "../counts.ts";
import type { LedgerEntry } from "../ledger/record-run.ts";
import type { MonthPlan, methodOf } from "./month-plan.ts";

export interface PublishOptions {
  readonly database: Database;
  readonly entry: LedgerEntry;
  /** Only compare: nothing is written. */
  readonly dryRun: boolean;
  /** Whether to wait for another load of the same month. */
  readonly wait: boolean;
  /** For how many seconds. */
  readonly lockWait_s?: number | undefined;
  /** Decides what is done with a month; default {@link methodOf}. For benchmarks of the alternatives. */
  readonly choose?: typeof methodOf | undefined;
  /** How many dimension rows the accepted rows refer to and the warehouse lacked when they were validated. */
  readonly missing: CreatedRows;
  /** The counts of the load if it changes this and has added these dimension rows; throws when they do not add up. */
  readonly counts: (changes: MonthChanges, created: CreatedRows) => LoadCounts;
  /** Called before waiting for another load of the month. */
  readonly onWait?: ((month: Month | null) => void) | undefined;
  /** Called before waiting for another load that merges and swaps months. */
  readonly onTurn?: (() => void) | undefined;
  /** Called when the swap did not get its lock, with who holds it. */
  readonly onRetry?: ((attempt: number, holders: string) => void) | undefined;
  readonly onPhase?: ((phase: "compare" | "build" | "publish") => void) | undefined;
  /** Called with how many rows have been compared or built, of how many. */
  readonly onRows?: ((rows: number, of: number) => void) | undefined;
  /** Called before each step that touches the warehouse; if it throws, the load ends. */
  readonly onStep?: ((step: string) => void | Promise<void>) | undefined;
}

/** What happened to the months of a load, or would happen; and its number in the ledger, null for a dry run. */
export interface Publication {
  readonly counts: LoadCounts;
  readonly months: readonly MonthPlan[];
  readonly loadId: number | null;
}

export async function step({ onStep }: PublishOptions, name: string): Promise<void> {
  await onStep?.(name);
}

/** A function that adds up rows of months that are done, and reports them. */
export function rowTally(
  months: readonly { staged: number }[],
  { onRows }: PublishOptions,
): (rows: number) => void {
  const total = months.reduce((sum, { staged }) => sum + staged, 0);
  let done = 0;
  return (rows) => {
    done += rows;
    onRows?.(done, total);
  };
}
