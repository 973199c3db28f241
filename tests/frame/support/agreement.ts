import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, expect } from "vitest";
import { type Database, withClient } from "../../../src/database/connection.ts";
import { quoteLiteral } from "../../../src/database/identifiers.ts";
import { buildFramesFrom } from "../../../src/frame/folds/build-frames.ts";
import { buildFrameFrom, type FrameResult, type WithReader } from "../../../src/frame/frame.ts";
import type { Manifest } from "../../../src/frame/index.ts";
import { withSnapshot } from "../../../src/frame/source/snapshot.ts";
import { parseSpec, resolveSpec } from "../../../src/frame/specification/index.ts";
import { Workspace } from "../../ingest/support/load.ts";
import { type Cell, type FrameRow, type OracleFrame, oracleFrame } from "./oracle.ts";
import type { FrameCase } from "./requests.ts";
import { fillWarehouse } from "./warehouse.ts";

/* Frames are built as files, read back by DuckDB and compared with the oracle cell by cell. */

export interface Table {
  readonly columns: readonly string[];
  readonly types: Readonly<Record<string, string>>;
  readonly rows: readonly FrameRow[];
}

/** Frames of one database, in a folder that is removed at the end of the test file. */
export class Frames {
  readonly #database: Database;
  readonly #workspace = new Workspace();
  readonly #duckdb: Promise<DuckDBConnection>;
  #frames = 0;

  constructor(database: Database) {
    this.#database = database;
    const instance = DuckDBInstance.create(":memory:");
    this.#duckdb = instance.then((started) => started.connect());
    afterAll(async () => {
      (await this.#duckdb).closeSync();
      (await instance).closeSync();
    });
  }

  /** Fills the warehouse, builds the frame and compares it with the oracle. What is no frame must be refused. */
  async agree(given: FrameCase): Promise<Tables> {
    const expected = await this.expected(given);
    if (!expected.isFrame) {
      await expect(this.make(given)).rejects.toMatchObject({ code: expect.stringMatching(/^FRAME_/) });
      return { training: { ...expected.training, types: {} }, future: { ...expected.future, types: {} } };
    }
    const made = await this.make(given);
    requireSame(made, expected);
    return made;
  }

  /**
   * Builds the frames of several cutoffs in one pass, and compares each with the oracle. If one of them is no frame, all must be
   * refused.
   *
   * @returns the frames in ascending order of their cutoffs; undefined if they are refused
   */
  async agreeOnFolds(given: FrameCase, cutoffs: readonly string[]): Promise<Made[] | undefined> {
    const expected: OracleFrame[] = [];
    for (const cutoff of [...cutoffs].sort()) expected.push(await this.expected({ ...given, cutoff }));
    if (expected.some(({ isFrame }) => !isFrame)) {
      const refusal = { code: expect.stringMatching(/^FRAME_/) };
      await expect(this.makeFolds(given, cutoffs)).rejects.toMatchObject(refusal);
      return undefined;
    }
    const made = await this.makeFolds(given, cutoffs);
    expect(made).toHaveLength(expected.length);
    for (const [index, frame] of made.entries()) requireSame(frame, expected[index] as OracleFrame);
    return made;
  }

  /** Fills the warehouse. @returns the frames of the oracle */
  async expected({ warehouse, cutoff, horizon, spec, knownAt, freq }: FrameCase): Promise<OracleFrame> {
    return withClient(this.#database, async (client) => {
      await fillWarehouse(client, warehouse);
      const given = spec ?? JSON.stringify({ version: 1, freq: freq ?? "day" });
      const resolved = resolveSpec(parseSpec(given, "test.yaml"), horizon);
      return oracleFrame(client, { cutoff, horizon, spec: resolved, knownAt });
    });
  }

  async make({ cutoff, blockPeriods, ...given }: Omit<FrameCase, "warehouse">): Promise<Made> {
    const out = this.#workspace.path(`frame-${++this.#frames}.parquet`);
    const request = { ...requestOf(given), cutoff, out };
    return this.#readFrame(await buildFrameFrom(this.#reader, request, { blockPeriods }));
  }

  async makeFolds(
    { blockPeriods, ...given }: Omit<FrameCase, "warehouse" | "cutoff">,
    cutoffs: readonly string[],
  ): Promise<Made[]> {
    const out = this.#workspace.path(`folds-${++this.#frames}`);
    const request = { ...requestOf(given), cutoffs, out };
    const { frames } = await buildFramesFrom(this.#reader, request, { blockPeriods });
    const made: Made[] = [];
    for (const frame of frames) made.push(await this.#readFrame(frame));
    return made;
  }

  readonly #reader: WithReader = (work) => withSnapshot(this.#database, undefined, work);

  async #readFrame({ training, future, manifest }: FrameResult): Promise<Made> {
    return { training: await this.#read(training), future: await this.#read(future), manifest };
  }

  async #read(path: string): Promise<Table> {
    const duckdb = await this.#duckdb;
    const file = `read_parquet(${quoteLiteral(path)}, hive_partitioning = false)`;
    const reader = await duckdb.runAndReadAll(
      `SELECT * REPLACE (strftime(ds, '%Y-%m-%d') AS ds) FROM ${file}`,
    );
    const types = await duckdb.runAndReadAll(`DESCRIBE SELECT * FROM ${file}`);
    return {
      columns: reader.columnNames(),
      types: Object.fromEntries(
        types.getRowObjectsJS().map((row) => [row.column_name, String(row.column_type)]),
      ),
      rows: reader.getRowObjectsJS() as FrameRow[],
    };
  }
}

interface Tables {
  readonly training: Table;
  readonly future: Table;
}

export interface Made extends Tables {
  readonly manifest: Manifest;
}

function requestOf({ horizon, spec, knownAt, freq }: Omit<FrameCase, "warehouse" | "cutoff">) {
  return {
    horizon,
    ...(spec === undefined ? {} : { spec: parseSpec(spec, "test.yaml") }),
    ...(knownAt === undefined ? {} : { knownAt }),
    ...(freq === undefined ? {} : { freq }),
  };
}

function requireSame(made: Made, expected: OracleFrame): void {
  requireHollow(made.manifest, expected);
  for (const part of ["training", "future"] as const) {
    const { columns, rows } = made[part];
    const due = withoutHollow(made.manifest, expected[part].columns);
    expect(columns, `columns of the ${part} frame`).toEqual(due);
    expect(differences(rows, expected[part].rows, columns), `cells of the ${part} frame`).toEqual([]);
  }
  expect(countsIn(made.manifest, made), "counts of the manifest").toEqual(countsOf(made));
  const features = Object.keys(made.future.types).filter((name) => name !== "horizon_step");
  expect(features.map((name) => made.training.types[name])).toEqual(
    features.map((name) => made.future.types[name]),
  );
  for (const part of ["training", "future"] as const) {
    const found = nullsWithoutPlace(made[part]);
    expect(found, `NULL in whole numbers or flags of the ${part} frame`).toEqual([]);
  }
}

/** Columns of a type for which readers have no NULL, and that have one. */
function nullsWithoutPlace({ types, rows }: Table): string[] {
  return Object.entries(types)
    .filter(([, type]) => type === "INTEGER" || type === "BOOLEAN")
    .map(([name]) => name)
    .filter((name) => rows.some((row) => row[name] === null));
}

const hollowOf = ({ left_out }: Manifest) => new Set(left_out.flatMap(({ columns }) => columns ?? []));

const withoutHollow = (manifest: Manifest, columns: readonly string[]) =>
  columns.filter((name) => !hollowOf(manifest).has(name));

/** Columns that the frame leaves out by name say nothing in any training row of the oracle. */
function requireHollow(manifest: Manifest, { training }: OracleFrame): void {
  for (const name of hollowOf(manifest)) {
    const values = training.rows.map((row) => row[name] ?? null);
    const nothing = values.every((value) => value === null || value === false || value === 0);
    expect(nothing, `${name}, which is left out, has no values`).toBe(true);
  }
}

const masks = { imputed: "is_imputed", stockout: "is_stockout", closed: "is_store_closed" } as const;

/** The counts of the manifest, as far as the rows show them: a column may be excluded. */
function countsIn({ counts, missing }: Manifest, { training, future }: Tables): object {
  const shown = Object.entries(masks).filter(([, column]) => training.columns.includes(column));
  return {
    training_rows: counts.training_rows,
    future_rows: counts.future_rows,
    ...Object.fromEntries(shown.map(([name]) => [name, counts[name as keyof typeof masks]])),
    ...(future.columns.includes("list_price")
      ? { unpriced: missing.list_price?.periods, unpriced_series: missing.list_price?.series }
      : {}),
  };
}

/** The same, counted in the rows. */
function countsOf({ training, future }: Tables): object {
  const shown = Object.entries(masks).filter(([, column]) => training.columns.includes(column));
  const unpriced = future.rows.filter((row) => row.list_price === null);
  return {
    training_rows: training.rows.length,
    future_rows: future.rows.length,
    ...Object.fromEntries(
      shown.map(([name, column]) => [name, training.rows.filter((row) => row[column]).length]),
    ),
    ...(future.columns.includes("list_price")
      ? { unpriced: unpriced.length, unpriced_series: new Set(unpriced.map((row) => row.unique_id)).size }
      : {}),
  };
}

/** The first cells that differ, as sentences. Rows are compared in their order. */
function differences(
  actual: readonly FrameRow[],
  expected: readonly FrameRow[],
  columns: readonly string[],
): string[] {
  const found: string[] = [];
  const keyOf = (row: FrameRow | undefined) => row && `${row.unique_id} ${row.ds}`;
  for (let index = 0; index < Math.max(actual.length, expected.length) && found.length < 20; index++) {
    const [frameRow, oracleRow] = [actual[index], expected[index]];
    if (frameRow === undefined || oracleRow === undefined || keyOf(frameRow) !== keyOf(oracleRow)) {
      found.push(`row ${index}: the frame has ${keyOf(frameRow)}, the oracle ${keyOf(oracleRow)}`);
      break;
    }
    for (const [name, cell] of Object.entries(oracleRow).filter(([column]) => columns.includes(column))) {
      if (!same(frameRow[name] as Cell, cell)) {
        found.push(`${keyOf(oracleRow)} ${name}: the frame has ${frameRow[name]}, the oracle ${cell}`);
      }
    }
  }
  return found;
}

function same(actual: Cell, expected: Cell): boolean {
  if (typeof actual === "number" && typeof expected === "number") {
    return Math.abs(actual - expected) <= 1e-9 * Math.max(Math.abs(actual), Math.abs(expected));
  }
  return actual === expected;
}
