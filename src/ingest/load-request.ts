import { fail } from "../errors.ts";
import { type TableName, tableNames } from "../schema/tables.ts";
import * as kinds from "../system/arguments.ts";
import { didYouMean } from "../system/did-you-mean.ts";
import type { MaxRejects } from "./counts.ts";
import { type DuplicatePolicy, duplicatePolicies } from "./duplicate-policy.ts";
import { type Mapping, readMapping } from "./mapping.ts";
import type { LoadProgress } from "./phases.ts";
import type { GivenRows } from "./source/given-rows.ts";

/** What to load, and how. */
export interface LoadRequest {
  /** Name of the table: `sales_daily`. */
  readonly table: string;
  /**
   * Rows of a program, in place of files: objects with the columns of the table or of the mapping as keys. Days are YYYY-MM-DD,
   * decimals are texts, and null or a key that is missing is no value. They are taken as fast as they are written to a private
   * file, which is then loaded like any other; the ledger calls it `rows`.
   */
  readonly rows?: GivenRows | undefined;
  /**
   * Files, folders and patterns, in the order in which they are loaded; `-` is standard input. Relative paths start at the
   * working folder. Required unless there are rows.
   */
  readonly files?: readonly string[] | undefined;
  /** Path of a mapping, or one from {@link parseMapping}; default: the files have the columns of the table. */
  readonly mapping?: string | Mapping | undefined;
  /** One character that separates fields; default: that of the mapping, else a comma, or a tab for `.tsv` and `.tab` files. */
  readonly delimiter?: string | undefined;
  /** How the files are encoded, such as `latin-1`; default: that of the mapping, else `utf-8`. */
  readonly encoding?: string | undefined;
  /**
   * Path of the rejects file, which is written only if rows are rejected. It must be a new file, or an earlier rejects file
   * that is not among the sources. Default: a new file `rejects-TABLE-TIME-N.csv` in the working folder; none in a dry run.
   */
  readonly rejects?: string | undefined;
  /** How many reasons for rejects the result lists in `first_rejects`; default 10. */
  readonly shownRejects?: number | undefined;
  /** How many rows may be rejected for the others to be published: rows, or percent of the rows read; default 0 rows. */
  readonly maxRejects?: MaxRejects | undefined;
  /** What happens to rows of one grain that differ, and for `sum` also to equal ones; default `reject`. */
  readonly onDuplicate?: DuplicatePolicy | undefined;
  /**
   * Whether to add the stores, products and days that rows refer to and the warehouse lacks; default false: reject the rows.
   * They stay if the load fails later.
   */
  readonly createMissing?: boolean | undefined;
  /** Whether to load files again that the ledger knows; default false. */
  readonly again?: boolean | undefined;
  /** Whether to wait while another load is publishing one of the months; default true. */
  readonly wait?: boolean | undefined;
  /** For how many seconds it waits, then LOAD_MONTH_BUSY; default 3600. */
  readonly lockWait_s?: number | undefined;
  /** Whether to do everything but publish; default false. */
  readonly dryRun?: boolean | undefined;
  /** Ends the load when it is aborted, with nothing published; default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a phase starts, and at most ten times a second with the rows that are done. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Called with what the load waits for: another load of a month, or readers that hold up a swap. */
  readonly onWait?: ((reason: string) => void) | undefined;
  /** Called before each step that touches the warehouse; if it throws, the load ends. */
  readonly onStep?: ((step: string) => void | Promise<void>) | undefined;
}

/** @throws ARGUMENT_INVALID */
export function requireRequest(database: unknown, request: LoadRequest): void {
  kinds.requireArguments("load", { database, request }, { database: kinds.database, request: kinds.object });
  kinds.requireArguments("load", request, {
    table: kinds.text,
    ...(request.rows === undefined ? { files: kinds.texts } : { rows }),
    "mapping?": kinds.textOr("a mapping of parseMapping"),
    "delimiter?": kinds.text,
    "encoding?": kinds.text,
    "rejects?": kinds.text,
    "shownRejects?": kinds.wholeNumber,
    "maxRejects?": maxRejects,
    "onDuplicate?": kinds.oneOf(duplicatePolicies),
    "createMissing?": kinds.flag,
    "again?": kinds.flag,
    "wait?": kinds.flag,
    "lockWait_s?": kinds.wholeNumber,
    "dryRun?": kinds.flag,
    "signal?": kinds.signal,
    "onProgress?": kinds.callback,
    "onWait?": kinds.callback,
    "onStep?": kinds.callback,
  });
  if (request.rows !== undefined && request.files !== undefined) {
    throw fail("USAGE", { problem: "A load takes either files or rows, not both." });
  }
}

const rows: kinds.ArgumentKind = {
  what: "an iterable or async iterable of objects",
  is: (value) =>
    typeof value === "object" &&
    value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value),
};

const maxRejects: kinds.ArgumentKind = {
  what: "{ rows: 5 } or { percent: 0.1 }",
  is: (value) => {
    if (typeof value !== "object" || value === null) return false;
    const [limit, ...others] = Object.entries(value).filter(([, number]) => number !== undefined);
    if (limit === undefined || others.length > 0) return false;
    const [name, number] = limit;
    if (name === "rows") return Number.isSafeInteger(number) && number >= 0;
    return name === "percent" && typeof number === "number" && number >= 0 && number <= 100;
  },
};

/** @throws TABLE_UNKNOWN */
export function requireTable(name: string): TableName {
  const table = tableNames.find((candidate) => candidate === name);
  if (table !== undefined) return table;
  const hint = didYouMean(name, tableNames);
  const valid = `${tableNames.join(", ")}${hint === undefined ? "" : ` (${hint})`}`;
  throw fail("TABLE_UNKNOWN", { table: name, valid });
}

/** The mapping of a request, read if it is given by its path. @throws those of {@link readMapping} */
export async function mappingOf({ mapping }: LoadRequest, table: TableName): Promise<Mapping | undefined> {
  const read = typeof mapping === "string" ? await readMapping(mapping) : mapping;
  if (read === undefined || read.table === table) return read;
  throw fail("MAPPING_INVALID", { path: read.path, problem: `it is for ${read.table}, not for ${table}` });
}
