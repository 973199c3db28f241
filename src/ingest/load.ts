import { type Client, type Database, withClient } from "../database/connection.ts";
import { type Engine, withEngine } from "../duckdb/engine.ts";
import { contractOf } from "../schema/contracts.ts";
import type { TableName } from "../schema/tables.ts";
import { allowedRejects, loadCounts, type ValidationOutcome } from "./counts.ts";
import { requirePolicy } from "./duplicate-policy.ts";
import { tables } from "./engine-tables.ts";
import { keepRejects, requireRejectsPath } from "./keep-rejects.ts";
import { type LoadedBefore, mappingHash, recognize } from "./ledger/recognize.ts";
import { type LedgerEntry, serverTime } from "./ledger/record-run.ts";
import type { LoadPlan } from "./load-plan.ts";
import { type LoadRequest, mappingOf, requireRequest, requireTable } from "./load-request.ts";
import { emptyResult, type LoadedFile, type LoadedMonth, type LoadResult } from "./load-result.ts";
import type { Mapping } from "./mapping.ts";
import { type LoadClock, loadClock } from "./phases.ts";
import { prepare } from "./prepare.ts";
import type { MonthPlan } from "./publish/month-plan.ts";
import { publish } from "./publish/publish.ts";
import type { Publication } from "./publish/publish-options.ts";
import { swapLimit_s } from "./publish/swap-months.ts";
import { DimensionKeys } from "./rows/dimension-keys.ts";
import { withExpressionMemory } from "./rows/expression-memory.ts";
import { summarizeRejects } from "./rows/rejects.ts";
import { validateRows } from "./rows/validate-rows.ts";
import type { Format } from "./source/layout.ts";
import { locateFiles, locateRows } from "./source/locate-files.ts";
import { requireRows, scanFiles } from "./source/scan.ts";
import type { ScannedFile } from "./source/scanned-file.ts";
import type { SourceFile } from "./source/source-file.ts";

/**
 * Loads files, or rows of a program, into a table of the warehouse. All of it becomes visible in one transaction, or nothing
 * does; only dimension rows that it adds on request (`createMissing`) are committed before, and stay if it fails later. Nothing is published, either,
 * if more rows are rejected than allowed, which is not an error: the result says that it was not published, and
 * {@link loadRefusal} turns it into one. Files that were loaded before are left out, unless `again` is set.
 *
 * @returns counts that add up (`read = inserted + updated + unchanged + duplicates + rejected + withheld`), what was done with
 * each month, and the first rejects
 * @throws ARGUMENT_INVALID, ROWS_INVALID, ROWS_SOURCE_FAILED, errors of files, mappings and the database, REJECTS_PATH_REFUSED,
 * LOAD_MONTH_BUSY, LOAD_CONFLICT; the signal's reason when it is aborted
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
 *
 * const rows = [{ date: "2024-01-31", store_code: "S1", sku: "A", quantity: 2, unit_price: "1.50", total_amount: "3.00" }];
 * await load(warehouse, { table: "sales_daily", rows });
 */
export async function load(database: Database, request: LoadRequest): Promise<LoadResult> {
  requireRequest(database, request);
  const table = requireTable(request.table);
  const mapping = await mappingOf(request, table);
  await requireRejectsPath(request);
  const format = request.rows === undefined ? formatOf(request, mapping) : {};
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

function formatOf({ delimiter, encoding }: LoadRequest, mapping: Mapping | undefined): Format {
  const { format } = mapping ?? {};
  return { ...format, delimiter: delimiter ?? format?.delimiter, encoding: encoding ?? format?.encoding };
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
  requirePolicy(contractOf(table), onDuplicate);
  const startedAt = await serverTime(client);
  const located =
    request.rows === undefined
      ? await locateFiles(engine, request.files ?? [])
      : await locateRows(engine, request.rows);
  await requireRejectsPath(request, located);
  const recipe = { mapping, format, onDuplicate };
  const { fresh, before } = request.again
    ? { fresh: located, before: [] }
    : await recognize(client, table, located, recipe);
  if (fresh.length === 0) {
    return { ...emptyResult(table, dryRun), already_loaded: before, seconds: clock.stop() };
  }

  const { plan, files, validated, rejects } = await validateFiles(engine, client, order, {
    located,
    fresh,
    before,
  });
  const allowed = allowedRejects(maxRejects, validated.read);
  const outcome = { validated, rejected: rejects.rows, allowed, dryRun };
  const entry = { table, files, mappingSha256: mappingHash(recipe), startedAt };
  const { counts, months, loadId } =
    rejects.rows > allowed
      ? await withhold(engine, outcome)
      : await publishRows(engine, client, order, plan, entry, outcome);
  return {
    table,
    load_id: loadId,
    files,
    already_loaded: before,
    ...counts,
    months: months.flatMap(loadedMonth),
    rejects_file: rejects.file,
    reject_codes: rejects.byCode,
    first_rejects: rejects.first,
    seconds: clock.stop(),
  };
}

/** The files of a load: all of them, those to read, and those that are left out because the ledger knows them. */
interface LoadFiles {
  readonly located: readonly SourceFile[];
  readonly fresh: readonly SourceFile[];
  readonly before: readonly LoadedBefore[];
}

/** Reads and validates the files, and writes the rejects file if rows are rejected. */
async function validateFiles(
  engine: Engine,
  client: Client,
  { request, table, mapping, format, clock }: LoadOrder,
  { located, fresh, before }: LoadFiles,
) {
  const { layouts, plan, checked } = await prepare(engine, table, fresh, format, mapping);
  const columns = layouts[0]?.columns ?? [];
  const files = await scanFiles(engine, layouts, clock);
  // A file without rows is no mistake if others of the same load were loaded before.
  if (before.length === 0) requireRows(files);
  clock.enter("check");
  const keys = await DimensionKeys.fetch(engine, client, plan, recordsOf(files), {
    wholeDimensions: request.createMissing === true,
  });
  const sources = { files, columns };
  const validated = await withExpressionMemory(engine, plan, () =>
    validateRows(engine, { plan, checked }, sources, {
      onDuplicate: request.onDuplicate ?? "reject",
      keys,
      missing: request.createMissing ? { client: request.dryRun ? undefined : client } : undefined,
    }),
  );
  const rejects = await summarizeRejects(engine, request.shownRejects ?? 10);
  const file = rejects.rows > 0 ? await keepRejects(engine, request, located, columns) : null;
  return { plan, files: files.map(loadedFile), validated, rejects: { ...rejects, file } };
}

const recordsOf = (files: readonly ScannedFile[]) => files.reduce((sum, { records }) => sum + records, 0);

function publishRows(
  engine: Engine,
  client: Client,
  { database, request, table, clock }: LoadOrder,
  { contract, columns }: LoadPlan,
  entry: LedgerEntry,
  outcome: ValidationOutcome,
): Promise<Publication> {
  const accepted = { engine, contract, columns: columns.map(({ column }) => column) };
  return publish(client, accepted, {
    database,
    entry,
    dryRun: outcome.dryRun,
    wait: request.wait ?? true,
    lockWait_s: request.lockWait_s,
    missing: outcome.validated.created,
    counts: (changes, created) =>
      loadCounts({ ...outcome, validated: { ...outcome.validated, created } }, changes),
    onPhase: clock.enter,
    onRows: clock.progress,
    onWait: (month) => request.onWait?.(`another load of ${month === null ? table : `${table}, ${month}`}`),
    onTurn: () => request.onWait?.("another load that is publishing months"),
    onRetry: (_, holders) =>
      request.onWait?.(`a moment without readers of ${table}; for at most ${swapLimit_s} s; ${holders}`),
    onStep: request.onStep,
  });
}

/** Publishes nothing: the valid rows are withheld because too many others were rejected. */
async function withhold(engine: Engine, outcome: ValidationOutcome): Promise<Publication> {
  const withheld = await engine.count(`SELECT count(*) FROM ${tables.acceptedRow}`);
  const counts = loadCounts(outcome, { inserted: 0, updated: 0, unchanged: 0 }, withheld);
  return { counts, months: [], loadId: null };
}

function loadedFile({ path, bytes, sha256, records }: ScannedFile): LoadedFile {
  return { path, bytes, sha256, rows: records };
}

function loadedMonth({ month, staged, method, inserted, updated, unchanged }: MonthPlan): LoadedMonth[] {
  return month === null ? [] : [{ month, rows: staged, method, inserted, updated, unchanged }];
}
