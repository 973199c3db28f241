import { type Client, type Database, withClient } from "../database/connection.ts";
import { fail, type RejectCode } from "../errors.ts";
import { type TableName, tableNames } from "../schema/tables.ts";
import { type Account, conclude, type MaxRejects } from "./conclude.ts";
import { withEngine } from "./engine.ts";
import { examineRows } from "./examine.ts";
import { fetchKeys } from "./keys.ts";
import { type Mapping, readMapping } from "./mapping.ts";
import { nearest } from "./nearest.ts";
import { prepare } from "./prepare.ts";
import { readSources } from "./read.ts";
import { type Reject, summarizeRejects, writeRejects } from "./rejects.ts";
import { spoolRows } from "./spool.ts";
import { type Phase, type Progress, stopwatch } from "./stopwatch.ts";

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
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * What becomes of rows of one grain that differ within a load: all of them are rejected, the first or the last of them by
 * file order stands, or their additive measures are summed.
 */
export const duplicatePolicies = ["reject", "first", "last", "sum"] as const;
export type DuplicatePolicy = (typeof duplicatePolicies)[number];

/** What a load did, with names as `--json` shows them. */
export interface LoadResult extends Account {
  readonly table: TableName;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly rows: number }[];
  /** Months of a partitioned table with rows for it. */
  readonly months: readonly { readonly month: string; readonly rows: number }[];
  /** Null where nothing was rejected. */
  readonly rejects_file: string | null;
  /** Faults by code; a row may have several. */
  readonly reject_codes: Readonly<Partial<Record<RejectCode, number>>>;
  readonly first_rejects: readonly Reject[];
  readonly seconds: Readonly<Record<Phase, number>>;
}

/** How many rejects a result shows. */
const shownRejects = 10;

/**
 * Loads files into a table of the warehouse. All of it becomes visible in one transaction, or nothing does: also when more
 * rows are rejected than allowed, which is not an error but a result that says it was not published.
 *
 * @throws errors of files, mappings and the database; the signal's reason when it is aborted
 */
export async function load(database: Database, request: LoadRequest): Promise<LoadResult> {
  try {
    return await loadFiles(database, request);
  } catch (error) {
    // Whatever breaks after the interruption broke because of it; after a commit nothing does.
    throw request.signal?.aborted ? request.signal.reason : error;
  }
}

async function loadFiles(database: Database, request: LoadRequest): Promise<LoadResult> {
  const { signal, maxRejects = { rows: 0 }, dryRun = false } = request;
  const table = requireTable(request.table);
  const rejectsFile = request.rejects ?? `rejects-${table}.csv`;
  const mapping = await mappingOf(request, table);
  const clock = stopwatch(request.onProgress);
  return withEngine(signal, async (engine) => {
    const format = {
      ...mapping?.format,
      delimiter: request.delimiter ?? mapping?.format?.delimiter,
      encoding: request.encoding ?? mapping?.format?.encoding,
    };
    const prepared = await prepare(engine, table, request.files, format, mapping);
    const work = async (client: Client): Promise<LoadResult> => {
      await fetchKeys(engine, client, prepared.plan);
      const files = await readSources(engine, prepared.layouts);
      clock.enter("check");
      const examined = await examineRows(engine, prepared, files);
      const rejects = await summarizeRejects(engine, shownRejects);
      if (rejects.rows > 0) await writeRejects(engine, rejectsFile);
      clock.enter("spool");
      const spooled = await spoolRows(engine, prepared.plan);
      clock.enter("publish");
      const options = { rejected: rejects.rows, maxRejects, dryRun, signal };
      const account = await conclude(client, prepared.plan, spooled, examined, options);
      return {
        table,
        files: files.map(({ path, bytes, records }) => ({ path, bytes, rows: records })),
        ...account,
        months: spooled.spools.flatMap(({ month, rows }) => (month === undefined ? [] : [{ month, rows }])),
        rejects_file: rejects.rows > 0 ? rejectsFile : null,
        reject_codes: rejects.byCode,
        first_rejects: rejects.first,
        seconds: clock.stop(),
      };
    };
    return withClient(database, work, signal);
  });
}

function requireTable(name: string): TableName {
  const table = tableNames.find((candidate) => candidate === name);
  if (table !== undefined) return table;
  const like = nearest(name, tableNames);
  const valid = `${tableNames.join(", ")}${like === undefined ? "" : ` (did you mean ${like}?)`}`;
  throw fail("TABLE_UNKNOWN", { table: name, valid });
}

async function mappingOf({ mapping }: LoadRequest, table: TableName): Promise<Mapping | undefined> {
  const read = typeof mapping === "string" ? await readMapping(mapping) : mapping;
  if (read === undefined || read.table === table) return read;
  throw fail("MAPPING_INVALID", { path: read.path, problem: `it is for ${read.table}, not for ${table}` });
}
