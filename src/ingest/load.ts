import { type Client, type Database, withClient } from "../database/connection.ts";
import { type Engine, withEngine } from "../duckdb/engine.ts";
import { fail, type RejectCode } from "../errors.ts";
import { contractOf } from "../schema/contracts.ts";
import { type TableName, tableNames } from "../schema/tables.ts";
import { didYouMean } from "../system/did-you-mean.ts";
import { type Account, allowedRejects, type Created, type MaxRejects, requireIdentity } from "./counts.ts";
import { type DuplicatePolicy, requirePolicy } from "./duplicate-policy.ts";
import { type LoadedBefore, mappingHash, recognize } from "./ledger/recognize.ts";
import { serverTime } from "./ledger/record-run.ts";
import type { LoadPlan } from "./load-plan.ts";
import { type Mapping, readMapping } from "./mapping.ts";
import { type LoadClock, type LoadPhase, type LoadProgress, loadClock } from "./phases.ts";
import { prepare } from "./prepare.ts";
import type { MonthChanges, MonthPlan } from "./publish/month-plan.ts";
import { type Publication, publish } from "./publish/publish.ts";
import { fetchKeys } from "./rows/dimension-keys.ts";
import { type Reject, type Rejects, summarizeRejects, writeRejects } from "./rows/rejects.ts";
import { type Examined, examineRows } from "./rows/validate-rows.ts";
import type { Format } from "./source/layout.ts";
import { locateFiles } from "./source/locate-files.ts";
import { requireRows, scanFiles } from "./source/scan.ts";

export interface LoadRequest {
  readonly table: string;
  /** Paths and patterns, in order; relative ones from the working folder. */
  readonly files: readonly string[];
  /** Path of a mapping, or one that was parsed. */
  readonly mapping?: string | Mapping | undefined;
  /** These two beat the mapping's format. */
  readonly delimiter?: string | undefined;
  readonly encoding?: string | undefined;
  /** Where faulty rows are listed; default `rejects-TABLE.csv`. Written only when there are any. */
  readonly rejects?: string | undefined;
  /** How many faults the result shows; default 10. */
  readonly shownRejects?: number | undefined;
  /** Default: none. */
  readonly maxRejects?: MaxRejects | undefined;
  /** What becomes of rows of one grain that differ; default `reject`. */
  readonly onDuplicate?: DuplicatePolicy | undefined;
  /** Adds the stores, products and days that the rows speak of and the warehouse lacks. */
  readonly createMissing?: boolean | undefined;
  /** Loads files that were loaded before once more. */
  readonly again?: boolean | undefined;
  /** Whether to wait while another load is at work on one of the months; default true. */
  readonly wait?: boolean | undefined;
  /** Do everything but publish. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Told what the load waits for: another load of a month, or readers in the way of a swap. */
  readonly onWait?: ((reason: string) => void) | undefined;
  /** Told before each step that touches the warehouse; what it throws ends the load. */
  readonly onStep?: ((step: string) => void | Promise<void>) | undefined;
}

/** What a load did, with names as `--json` shows them. */
export interface LoadResult extends Account {
  readonly table: TableName;
  /** The load's number in the ledger; null where it has none: nothing was published, or nothing was left to load. */
  readonly load_id: number | null;
  readonly files: readonly {
    readonly path: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly rows: number;
  }[];
  /** Files that were left out because the ledger knows them. */
  readonly already_loaded: readonly LoadedBefore[];
  /** Months of a partitioned table with rows for it, and what was, or would be, done with each. */
  readonly months: readonly ({ readonly month: string; readonly rows: number } & Pick<MonthPlan, "method"> &
    MonthChanges)[];
  /** Null where nothing was rejected. */
  readonly rejects_file: string | null;
  /** Faults by code; a row may have several. */
  readonly reject_codes: Readonly<Partial<Record<RejectCode, number>>>;
  readonly first_rejects: readonly Reject[];
  readonly seconds: Readonly<Record<LoadPhase, number>>;
}

/**
 * Loads files into a table of the warehouse. All of it becomes visible in one transaction, or nothing does: also when more
 * rows are rejected than allowed, which is not an error but a result that says it was not published. Files that were loaded
 * before are left out, unless `again` is set.
 *
 * @throws errors of files, mappings and the database, LOAD_MONTH_BUSY, LOAD_CONFLICT; the signal's reason when it is aborted
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
    // Whatever breaks after the interruption broke because of it; after a commit nothing does.
    throw request.signal?.aborted ? request.signal.reason : error;
  }
}

interface Order {
  readonly database: Database;
  readonly request: LoadRequest;
  readonly table: TableName;
  readonly mapping: Mapping | undefined;
  readonly format: Format;
  readonly clock: LoadClock;
}

async function loadFiles(engine: Engine, client: Client, order: Order): Promise<LoadResult> {
  const { request, table, mapping, format, clock } = order;
  const { dryRun = false, onDuplicate = "reject" } = request;
  requirePolicy(contractOf(table), onDuplicate);
  const startedAt = await serverTime(client);
  const located = await locateFiles(engine, request.files);
  const recipe = { mapping, format, onDuplicate };
  const { fresh, before } = request.again
    ? { fresh: located, before: [] }
    : await recognize(client, table, located, recipe);
  if (fresh.length === 0)
    return { ...nothingToDo(table, dryRun), already_loaded: before, seconds: clock.stop() };

  const prepared = await prepare(engine, table, fresh, format, mapping);
  await fetchKeys(engine, client, prepared.plan);
  const files = await scanFiles(engine, prepared.layouts, clock);
  // Beside files that were loaded before, one without rows is nothing to stumble over.
  if (before.length === 0) requireRows(files);
  clock.enter("check");
  const examined = await examineRows(engine, prepared, files, {
    onDuplicate,
    missing: request.createMissing ? { client: dryRun ? undefined : client } : undefined,
  });
  const rejects = await summarizeRejects(engine, request.shownRejects ?? 10);
  const rejectsFile = request.rejects ?? `rejects-${table}.csv`;
  if (rejects.rows > 0) await writeRejects(engine, rejectsFile, prepared.layouts[0]?.columns ?? []);

  const accountOf = accounting(examined, rejects, request);
  const ledgerFiles = files.map(({ path, bytes, sha256, records }) => ({
    path,
    bytes,
    sha256,
    rows: records,
  }));
  const run = { table, files: ledgerFiles, mappingSha256: mappingHash(recipe), startedAt };
  const tooMany = rejects.rows > allowedRejects(request.maxRejects ?? { rows: 0 }, examined.read);
  const { account, months, loadId }: Publication = tooMany
    ? await withhold(engine, accountOf)
    : await publish(
        client,
        { engine, contract: contractOf(table), columns: columnsOf(prepared.plan) },
        {
          database: order.database,
          run,
          dryRun,
          wait: request.wait ?? true,
          account: (changes) => accountOf(changes, 0),
          onPhase: clock.enter,
          onRows: clock.progress,
          onWait: (month) =>
            request.onWait?.(`another load of ${month === null ? table : `${table}, ${month}`}`),
          onRetry: (_, holders) => request.onWait?.(`a moment without readers of ${table}; ${holders}`),
          onStep: request.onStep,
        },
      );
  return {
    table,
    load_id: loadId,
    files: ledgerFiles,
    already_loaded: before,
    ...account,
    months: months.flatMap(({ month, staged, method, inserted, updated, unchanged }) =>
      month === null ? [] : [{ month, rows: staged, method, inserted, updated, unchanged }],
    ),
    rejects_file: rejects.rows > 0 ? rejectsFile : null,
    reject_codes: rejects.byCode,
    first_rejects: rejects.first,
    seconds: clock.stop(),
  };
}

/** Nothing is published: the rows that fit are withheld. */
async function withhold(engine: Engine, accountOf: ReturnType<typeof accounting>): Promise<Publication> {
  const accepted = await engine.count("SELECT count(*) FROM accepted");
  const account = accountOf({ inserted: 0, updated: 0, unchanged: 0 }, accepted);
  return { account, months: [], loadId: null };
}

/** The load's account once it is known what changes; `withheld` rows fit, and are not published for the others' sake. */
function accounting(examined: Examined, { rows: rejected }: Rejects, request: LoadRequest) {
  const { dryRun = false, maxRejects = { rows: 0 } } = request;
  return (changes: MonthChanges, withheld: number): Account =>
    requireIdentity({
      ...examined,
      ...changes,
      rejected,
      max_rejects: allowedRejects(maxRejects, examined.read),
      withheld,
      published: !dryRun && withheld === 0 && rejected <= allowedRejects(maxRejects, examined.read),
      dry_run: dryRun,
    });
}

const columnsOf = ({ columns }: LoadPlan) => columns.map(({ column }) => column);

const nothingCreated: Created = { store: 0, product: 0, calendar: 0 };

function nothingToDo(table: TableName, dryRun: boolean): Omit<LoadResult, "already_loaded" | "seconds"> {
  const none = { source_rows: 0, filtered: 0, read: 0, inserted: 0, updated: 0, unchanged: 0, duplicates: 0 };
  return {
    ...{ table, load_id: null, files: [], ...none, rejected: 0, max_rejects: 0, withheld: 0 },
    ...{ published: !dryRun, dry_run: dryRun, created: nothingCreated },
    ...{ months: [], rejects_file: null, reject_codes: {}, first_rejects: [] },
  };
}

/** @throws TABLE_UNKNOWN */
export function requireTable(name: string): TableName {
  const table = tableNames.find((candidate) => candidate === name);
  if (table !== undefined) return table;
  const hint = didYouMean(name, tableNames);
  const valid = `${tableNames.join(", ")}${hint === undefined ? "" : ` (${hint})`}`;
  throw fail("TABLE_UNKNOWN", { table: name, valid });
}

async function mappingOf({ mapping }: LoadRequest, table: TableName): Promise<Mapping | undefined> {
  const read = typeof mapping === "string" ? await readMapping(mapping) : mapping;
  if (read === undefined || read.table === table) return read;
  throw fail("MAPPING_INVALID", { path: read.path, problem: `it is for ${read.table}, not for ${table}` });
}
