import { type Client, type Database, withClient } from "../database/connection.ts";
import { type Engine, withEngine } from "../duckdb/engine.ts";
import { contractOf } from "../schema/contracts.ts";
import type { TableName } from "../schema/tables.ts";
import { allowedRejects, type LoadCounts, requireIdentity, type ValidationCounts } from "./counts.ts";
import { requirePolicy } from "./duplicate-policy.ts";
import { tables } from "./engine-tables.ts";
import { mappingHash, recognize } from "./ledger/recognize.ts";
import { serverTime } from "./ledger/record-run.ts";
import { type LoadRequest, mappingOf, requireTable } from "./load-request.ts";
import { emptyResult, type LoadedMonth, type LoadResult } from "./load-result.ts";
import type { Mapping } from "./mapping.ts";
import { type LoadClock, loadClock } from "./phases.ts";
import { prepare } from "./prepare.ts";
import type { MonthPlan } from "./publish/month-plan.ts";
import { publish } from "./publish/publish.ts";
import type { Publication } from "./publish/publish-options.ts";
import { fetchDimensionKeys } from "./rows/dimension-keys.ts";
import { summarizeRejects, writeRejects } from "./rows/rejects.ts";
import { validateRows } from "./rows/validate-rows.ts";
import { locateFiles } from "./source/files.ts";
import type { Format } from "./source/layout.ts";
import { requireRows, scanFiles } from "./source/scan.ts";

/**
 * Loads files into a table of the warehouse. All of it becomes visible in one transaction, or nothing does. That is also so
 * if more rows are rejected than allowed, which is not an error: the result says that it was not published, and
 * {@link refusalOf} turns it into one. Files that were loaded before are left out, unless `again` is set.
 *
 * @returns counts that add up (`read = inserted + updated + unchanged + duplicates + rejected + withheld`), what was done with
 * each month, and the first rejects
 * @throws errors of files, mappings and the database, LOAD_MONTH_BUSY, LOAD_CONFLICT; the signal's reason when it is aborted
 *
 * @example
 * import { databaseOf, load } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * const result = await load(warehouse, {
 *   table: "sales_daily",
 *   files: ["sales/2024-*.csv.gz"],
 *   maxRejects: { percent: 0.1 },
 * });
 * console.log(result.read, result.inserted, result.updated, result.rejected, result.months);
 */
export async function load(database: Database, request: LoadRequest): Promise<LoadResult> {
  const table = requireTable(request.table);
  const mapping = await mappingOf(request, table);
  const format: Format = {
    ...mapping?.format,
    delimiter: request.delimiter ?? mapping?.format?.delimiter,
    encoding: request.encoding ?? mapping?.format?.encoding,
  };
  const order = { database, request, table, mapping, format, clock: loadClock(request.onProgress) };
  try {
    return await withEngine(request.signal, (engine) =>
      withClient(database, (client) => loadFiles(engine, client, order), request.signal),
    );
  } catch (error) {
    // After an abort every failure is its consequence; after a commit there is none.
    throw request.signal?.aborted ? request.signal.reason : error;
  }
}

/** A request with its mapping and format. */
interface LoadOrder {
  readonly database: Database;
  readonly request: LoadRequest;
  readonly table: TableName;
  readonly mapping: Mapping | undefined;
  readonly format: Format;
  readonly clock: LoadClock;
}

async function loadFiles(engine: Engine, client: Client, order: LoadOrder): Promise<LoadResult> {
  const { request, table, mapping, format, clock } = order;
  const { dryRun = false, onDuplicate = "reject", maxRejects = { rows: 0 } } = request;
  const contract = contractOf(table);
  requirePolicy(contract, onDuplicate);
  const startedAt = await serverTime(client);
  const located = await locateFiles(engine, request.files);
  const recipe = { mapping, format, onDuplicate };
  const { fresh, before } = request.again
    ? { fresh: located, before: [] }
    : await recognize(client, table, located, recipe);
  if (fresh.length === 0) {
    return { ...emptyResult(table, dryRun), already_loaded: before, seconds: clock.stop() };
  }

  const { layouts, plan, checked } = await prepare(engine, table, fresh, format, mapping);
  const columns = layouts[0]?.columns ?? [];
  await fetchDimensionKeys(engine, client, plan);
  const files = await scanFiles(engine, layouts, clock);
  // A file without rows is no mistake if others of the same load were loaded before.
  if (before.length === 0) requireRows(files);
  clock.enter("check");
  const sources = { files, columns };
  const validated = await validateRows(engine, { plan, checked }, sources, {
    onDuplicate,
    missing: request.createMissing ? { client: dryRun ? undefined : client } : undefined,
  });
  const rejects = await summarizeRejects(engine, request.shownRejects ?? 10);
  const rejectsFile = request.rejects ?? `rejects-${table}.csv`;
  if (rejects.rows > 0) await writeRejects(engine, rejectsFile, columns);

  const allowed = allowedRejects(maxRejects, validated.read);
  const outcome = { validated, rejected: rejects.rows, allowed, dryRun };
  const ledgerFiles = files.map(({ path, bytes, sha256, records }) => ({
    path,
    bytes,
    sha256,
    rows: records,
  }));
  const accepted = { engine, contract, columns: plan.columns.map(({ column }) => column) };
  const { counts, months, loadId }: Publication =
    rejects.rows > allowed
      ? await withhold(engine, outcome)
      : await publish(client, accepted, {
          database: order.database,
          entry: { table, files: ledgerFiles, mappingSha256: mappingHash(recipe), startedAt },
          dryRun,
          wait: request.wait ?? true,
          counts: (changes) => countsOf({ ...outcome, ...changes, withheld: 0 }),
          onPhase: clock.enter,
          onRows: clock.progress,
          onWait: (month) =>
            request.onWait?.(`another load of ${month === null ? table : `${table}, ${month}`}`),
          onRetry: (_, holders) => request.onWait?.(`a moment without readers of ${table}; ${holders}`),
          onStep: request.onStep,
        });
  return {
    table,
    load_id: loadId,
    files: ledgerFiles,
    already_loaded: before,
    ...counts,
    months: months.flatMap(loadedMonth),
    rejects_file: rejects.rows > 0 ? rejectsFile : null,
    reject_codes: rejects.byCode,
    first_rejects: rejects.first,
    seconds: clock.stop(),
  };
}

/** What is known of a load before it is published. */
interface Outcome {
  readonly validated: ValidationCounts;
  readonly rejected: number;
  readonly allowed: number;
  readonly dryRun: boolean;
}

/** Publishes nothing: the valid rows are withheld because too many others were rejected. */
async function withhold(engine: Engine, outcome: Outcome): Promise<Publication> {
  const withheld = await engine.count(`SELECT count(*) FROM ${tables.acceptedRow}`);
  const counts = countsOf({ ...outcome, inserted: 0, updated: 0, unchanged: 0, withheld });
  return { counts, months: [], loadId: null };
}

function countsOf({
  validated,
  rejected,
  allowed,
  dryRun,
  ...changes
}: Outcome & Pick<LoadCounts, "inserted" | "updated" | "unchanged" | "withheld">): LoadCounts {
  return requireIdentity({
    ...validated,
    ...changes,
    rejected,
    max_rejects: allowed,
    published: !dryRun && changes.withheld === 0 && rejected <= allowed,
    dry_run: dryRun,
  });
}

function loadedMonth({ month, staged, method, inserted, updated, unchanged }: MonthPlan): LoadedMonth[] {
  return month === null ? [] : [{ month, rows: staged, method, inserted, updated, unchanged }];
}
