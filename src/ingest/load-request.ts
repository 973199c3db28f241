import { fail } from "../errors.ts";
import { type TableName, tableNames } from "../schema/tables.ts";
import { didYouMean } from "../system/did-you-mean.ts";
import type { MaxRejects } from "./counts.ts";
import type { DuplicatePolicy } from "./duplicate-policy.ts";
import { type Mapping, readMapping } from "./mapping.ts";
import type { LoadProgress } from "./phases.ts";

/** What to load, and how. */
export interface LoadRequest {
  /** Name of the table: `sales_daily`. */
  readonly table: string;
  /**
   * Files, folders and patterns, in the order in which they are loaded; `-` is standard input. Relative paths start at the
   * working folder.
   */
  readonly files: readonly string[];
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
