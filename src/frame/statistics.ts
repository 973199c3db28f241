import type { Engine } from "../duckdb/engine.ts";
import type { Column, FrameKind } from "./columns.ts";
import { frameRows } from "./engine-tables.ts";

/** The values of a column in one of the frames. */
export interface ColumnStatistics {
  /** Rows without a value. */
  readonly nulls: number;
  /** Smallest and largest value: a number, a text, true or false, or a day as YYYY-MM-DD; null without values. */
  readonly min: string | number | boolean | null;
  readonly max: string | number | boolean | null;
  /** How many different values; null if they are not counted: of DOUBLE and TIMESTAMP, and above 10,000 of text. */
  readonly distinct: number | null;
}

/** More values than these are keys, not categories; `unique_id` is counted as series. */
const mostDistinct = 10_000;

type Value = string | number | boolean;

interface Totals {
  values: number;
  min: Value | null;
  max: Value | null;
  /** Undefined if they are not counted. */
  distinct: Set<Value> | undefined;
}

/** Statistics of the columns of a frame, added up block by block. */
export class FrameStatistics {
  readonly #columns: readonly Column[];
  readonly #totals: Totals[];
  #rows = 0;

  constructor(columns: readonly Column[], frame: FrameKind) {
    this.#columns = columns.filter(({ frames }) => frames.includes(frame));
    this.#totals = this.#columns.map(({ type }) => ({
      ...{ values: 0, min: null, max: null },
      distinct: type === "DOUBLE" || type === "TIMESTAMP" ? undefined : new Set(),
    }));
  }

  /** Adds the rows of `frame_rows`. */
  async addBlock(engine: Engine): Promise<void> {
    const [row] = await engine.rows<Record<string, Value | null | { items: Value[] }>>(
      `SELECT count(*) AS rows, ${this.#columns.map(statisticsSql).join(", ")} FROM ${frameRows}`,
    );
    if (row === undefined) return;
    this.#rows += Number(row.rows);
    for (const [index, totals] of this.#totals.entries()) {
      totals.values += Number(row[`values_${index}`]);
      const list = listOf(row[`distinct_${index}`]);
      if (list === undefined) {
        include(totals, row[`min_${index}`] as Value | null);
        include(totals, row[`max_${index}`] as Value | null);
        continue;
      }
      for (const value of list) {
        include(totals, value);
        totals.distinct?.add(value);
      }
      if ((totals.distinct?.size ?? 0) > mostDistinct) totals.distinct = undefined;
    }
  }

  /** By the name of the column. */
  result(): Map<string, ColumnStatistics> {
    return new Map(
      this.#columns.map(({ name }, index) => {
        const { values, min, max, distinct } = this.#totals[index] as Totals;
        return [name, { nulls: this.#rows - values, min, max, distinct: distinct?.size ?? null }];
      }),
    );
  }
}

/** The values of text are few; its smallest and largest follow from them, which is quicker than comparing all rows. */
function statisticsSql({ name, type }: Column, index: number): string {
  const values = `count(${name}) AS values_${index}`;
  const extremes = (of: string) => `min(${of}) AS min_${index}, max(${of}) AS max_${index}`;
  switch (type) {
    case "DOUBLE":
      return `${values}, ${extremes(name)}`;
    case "TIMESTAMP":
      return `${values}, strftime(min(${name}), '%Y-%m-%d') AS min_${index}, strftime(max(${name}), '%Y-%m-%d') AS max_${index}`;
    default:
      return `${values}, list(DISTINCT ${name}) AS distinct_${index}`;
  }
}

/** DuckDB's list as an array. */
function listOf(value: unknown): readonly Value[] | undefined {
  if (value === undefined) return undefined;
  const items = Array.isArray(value) ? value : ((value as { items?: unknown[] } | null)?.items ?? []);
  return (items as (Value | bigint | null)[]).flatMap((item) =>
    item === null ? [] : [typeof item === "bigint" ? Number(item) : item],
  );
}

/** Texts are compared by their code points, as the bytes of UTF-8 are. */
function include(totals: Totals, value: Value | null): void {
  if (value === null) return;
  if (totals.min === null || isLess(value, totals.min)) totals.min = value;
  if (totals.max === null || isLess(totals.max, value)) totals.max = value;
}

function isLess(a: Value, b: Value): boolean {
  if (typeof a === "string" && typeof b === "string")
    return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
  return a < b;
}
