import { type Engine, withEngine } from "../../../src/duckdb/engine.ts";
import type { RejectCode } from "../../../src/errors.ts";
import type { ValidationCounts } from "../../../src/ingest/counts.ts";
import { requirePolicy } from "../../../src/ingest/duplicate-policy.ts";
import { tables } from "../../../src/ingest/engine-tables.ts";
import { type DuplicatePolicy, parseMapping, type Reject } from "../../../src/ingest/index.ts";
import { mappingOf, requireTable } from "../../../src/ingest/load-request.ts";
import { loadClock } from "../../../src/ingest/phases.ts";
import { prepare } from "../../../src/ingest/prepare.ts";
import type { DimensionKeys } from "../../../src/ingest/rows/dimension-keys.ts";
import { summarizeRejects } from "../../../src/ingest/rows/rejects.ts";
import { validateRows } from "../../../src/ingest/rows/validate-rows.ts";
import { locateFiles } from "../../../src/ingest/source/locate-files.ts";
import { requireRows, scanFiles } from "../../../src/ingest/source/scan.ts";
import { contractOf } from "../../../src/schema/contracts.ts";
import type { Workspace } from "./load.ts";

/*
 * Rows in, accepted rows and rejects out: a load up to its publication, on DuckDB alone. The dimensions are given in place of a
 * warehouse.
 */

/** Natural keys in the dimensions; their surrogate keys are their positions, from 1. */
export interface Dimensions {
  readonly store: readonly string[];
  readonly product: readonly string[];
  readonly calendar: readonly string[];
}

const januaryAndFebruary = Array.from({ length: 60 }, (_, day) =>
  new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10),
);

/** Two stores, two products and the days of January and February 2024, as `fillDimensions` puts them into a warehouse. */
const ordinary: Dimensions = { store: ["S1", "S2"], product: ["A", "B"], calendar: januaryAndFebruary };

export interface ValidateOptions {
  /** Files to be read in place of the content. */
  readonly files?: readonly string[];
  /** YAML text. */
  readonly mapping?: string;
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly onDuplicate?: DuplicatePolicy;
  /** Default: those of `fillDimensions`. */
  readonly dimensions?: Dimensions;
}

export interface Validated extends ValidationCounts {
  /** Paths of the files, in the order they were read. */
  readonly files: readonly string[];
  /** How many rows are valid, and these rows in their order, every value as text. */
  readonly accepted: number;
  readonly rows: readonly Record<string, string | null>[];
  readonly rejected: number;
  readonly rejects: readonly Reject[];
  readonly reject_codes: Readonly<Partial<Record<RejectCode, number>>>;
}

/** Validates the rows of a CSV text, or of files, for a table. */
export async function validate(
  workspace: Workspace,
  table: string,
  content: string | Buffer | readonly string[],
  options: ValidateOptions = {},
): Promise<Validated> {
  const name = requireTable(table);
  const { delimiter, encoding, onDuplicate = "reject", dimensions = ordinary } = options;
  requirePolicy(contractOf(name), onDuplicate);
  const parsed = options.mapping === undefined ? undefined : parseMapping(options.mapping, "test.yaml");
  const mapping = await mappingOf({ table, files: [], mapping: parsed }, name);
  const format = {
    ...mapping?.format,
    delimiter: delimiter ?? mapping?.format?.delimiter,
    encoding: encoding ?? mapping?.format?.encoding,
  };
  return withEngine(undefined, async (engine) => {
    const located = await locateFiles(engine, options.files ?? [workspace.csv(content)]);
    const { layouts, plan, checked } = await prepare(engine, name, located, format, mapping);
    await createDimensions(engine, dimensions);
    const files = await scanFiles(engine, layouts, loadClock());
    requireRows(files);
    const sources = { files, columns: layouts[0]?.columns ?? [] };
    const counts = await validateRows(engine, { plan, checked }, sources, {
      onDuplicate,
      keys: allKeys,
      missing: undefined,
    });
    const rejects = await summarizeRejects(engine, Number.MAX_SAFE_INTEGER);
    const rows = await engine.rows<Record<string, string | null>>(`
      SELECT * EXCLUDE (_seq) FROM (SELECT _seq, COLUMNS(* EXCLUDE (_seq))::VARCHAR FROM ${tables.acceptedRow}) ORDER BY _seq
    `);
    return {
      ...counts,
      files: files.map(({ path }) => path),
      accepted: rows.length,
      rows,
      rejected: rejects.rows,
      rejects: rejects.first,
      reject_codes: rejects.byCode,
    };
  });
}

/** Nothing remains to be fetched: {@link createDimensions} makes the tables whole. */
const allKeys = {
  incomplete: false,
  fetchReferenced: async () => {},
  fetchWindowsOf: async () => {},
} as unknown as DimensionKeys;

async function createDimensions(engine: Engine, dimensions: Dimensions): Promise<void> {
  for (const dimension of ["store", "product"] as const) {
    await engine.run(`CREATE TABLE ${tables.dimension(dimension)} (key VARCHAR, id INTEGER)`);
    const appender = await engine.appender(tables.dimension(dimension));
    for (const [index, key] of dimensions[dimension].entries()) appender.append(key, index + 1);
    appender.close();
  }
  await engine.run(`CREATE TABLE ${tables.dimension("calendar")} (key DATE, id DATE)`);
  for (const day of dimensions.calendar) {
    await engine.run(`INSERT INTO ${tables.dimension("calendar")} VALUES ('${day}', '${day}')`);
  }
  await engine.run(`
    CREATE TABLE ${tables.storedPriceWindow} (product_id INTEGER, store_id INTEGER, valid_from DATE, valid_to DATE)
  `);
}
