import { type ForecastLabError, fail, type RejectCode } from "../errors.ts";
import type { TableName } from "../schema/tables.ts";
import * as kinds from "../system/arguments.ts";
import { type LoadCounts, type MonthChanges, noDuplicates } from "./counts.ts";
import type { LoadedBefore } from "./ledger/recognize.ts";
import type { LoadPhase } from "./phases.ts";
import type { Method } from "./publish/month-plan.ts";
import type { Reject } from "./rows/rejects.ts";

/** What a load did. */
export interface LoadResult extends LoadCounts {
  readonly table: TableName;
  /** The load's number in the ledger; null if it has none, because nothing was published or nothing was left to load. */
  readonly load_id: number | null;
  /** The files that were loaded. */
  readonly files: readonly LoadedFile[];
  /** Files that were left out because the ledger knows them. */
  readonly already_loaded: readonly LoadedBefore[];
  /** Months of a partitioned table that the load has rows for; empty for a table that is not partitioned. */
  readonly months: readonly LoadedMonth[];
  /** Path of the rejects file; null if nothing was rejected, and after a dry run that was given no path for it. */
  readonly rejects_file: string | null;
  /** Reasons for rejects by code; a row may have several. */
  readonly reject_codes: Readonly<Partial<Record<RejectCode, number>>>;
  /** The first reasons, by file, record and column. */
  readonly first_rejects: readonly Reject[];
  /** Seconds by phase. */
  readonly seconds: Readonly<Record<LoadPhase, number>>;
}

export interface LoadedFile {
  /** As the user named it. */
  readonly path: string;
  /** On disk. */
  readonly bytes: number;
  /** Of the bytes on disk, in hexadecimal digits. */
  readonly sha256: string;
  readonly rows: number;
}

export interface LoadedMonth extends MonthChanges {
  /** `2024-02` */
  readonly month: string;
  /** Rows of the load for it, after duplicates were folded. */
  readonly rows: number;
  /** What was done with it, or would be. */
  readonly method: Method;
}

/** The result of a load of which every file was loaded before. */
export function emptyResult(
  table: TableName,
  dryRun: boolean,
): Omit<LoadResult, "already_loaded" | "seconds"> {
  const none = { source_rows: 0, filtered: 0, read: 0, inserted: 0, updated: 0, unchanged: 0, duplicates: 0 };
  return {
    ...{
      table,
      load_id: null,
      files: [],
      ...none,
      duplicates_by: noDuplicates,
      rejected: 0,
      max_rejects: 0,
      withheld: 0,
    },
    ...{ published: !dryRun, dry_run: dryRun, created: { store: 0, product: 0, calendar: 0 } },
    ...{ months: [], rejects_file: null, reject_codes: {}, first_rejects: [] },
  };
}

/**
 * The error REJECTS_OVER_LIMIT if more rows were rejected than allowed, so that nothing was published; else undefined.
 *
 * @example
 * import { databaseOf, load, loadRefusal } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * const result = await load(warehouse, { table: "store", files: ["stores.csv"] });
 * const refusal = loadRefusal(result);
 * if (refusal !== undefined) throw refusal;
 */
export function loadRefusal(result: LoadResult): ForecastLabError | undefined {
  kinds.requireArguments("loadRefusal", { result }, { result: kinds.object });
  const { rejected, read, max_rejects, rejects_file } = result;
  if (rejected <= max_rejects) return undefined;
  return fail("REJECTS_OVER_LIMIT", {
    rejected,
    read,
    limit: max_rejects,
    file: rejects_file ?? "the rejects file",
  });
}
