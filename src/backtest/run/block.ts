import type { Engine } from "../../duckdb/engine.ts";
import type { Fold, Grain, Period, VisitedBlock, VisitedFolds } from "../../frame/index.ts";

/** Periods of a season. */
export const seasons = { day: 7, week: 52, month: 12 } as const;

/** 0 to season - 1; of days the weekday from Monday. 1970-01-01 was a Thursday. */
export function seasonPosition({ freq }: Pick<Grain, "freq">, period: Period): number {
  const season = seasons[freq];
  const from = freq === "day" ? period + 3 : period;
  return ((from % season) + season) % season;
}

/** One series: its known periods from the first one to the last, one element each. */
export interface BlockSeries {
  readonly uniqueId: string;
  readonly store: string | null;
  readonly category: string | null;
  readonly firstPeriod: Period;
  /** NaN if it is not known. */
  readonly y: Float64Array;
  readonly weight: Float64Array;
}

/** The forecasts of one fold of a block. */
export interface BlockFold {
  readonly fold: Fold;
  /** Which series of the block are forecast, by index, ascending. */
  readonly series: Int32Array;
  /** By model: one element per series of `series` and step. */
  readonly forecasts: Map<string, Float64Array>;
}

export interface BlockForecasts {
  readonly series: readonly BlockSeries[];
  readonly folds: readonly BlockFold[];
}

/** Reads the series of a block, and which of them each fold forecasts. */
export async function readBlock(
  { engine, folds, lastPeriod, series: relation }: VisitedFolds,
  block: VisitedBlock,
  dropsClosed: boolean,
): Promise<BlockForecasts> {
  const known = await engine.rows<{
    unique_id: string;
    store_code: string | null;
    category: string | null;
    first_period: number;
  }>(
    `SELECT unique_id, store_code, category, first_period FROM ${relation}
     WHERE n BETWEEN ${block.first} AND ${block.last} ORDER BY n`,
  );
  const series = known.map(
    ({ unique_id, store_code, category, first_period }): BlockSeries => ({
      ...{ uniqueId: unique_id, store: store_code, category, firstPeriod: first_period },
      y: new Float64Array(lastPeriod - first_period + 1).fill(Number.NaN),
      weight: new Float64Array(lastPeriod - first_period + 1),
    }),
  );
  // The frame leaves these rows out. Here they stay, because models count periods, and have no weight.
  const weight = dropsClosed ? "CASE WHEN _is_closed THEN 0 ELSE _sample_weight END" : "_sample_weight";
  const sql = `
    SELECT (_n - ${block.first})::DOUBLE, _period::DOUBLE, coalesce(y, 'NaN'::DOUBLE), (${weight})::DOUBLE
    FROM ${block.rows}
    WHERE _period <= ${lastPeriod}`;
  for await (const { rows, columns } of engine.chunks(sql)) {
    const [n, period, y, of] = columns.map((column) => doubles(column.values(8), rows));
    if (n === undefined || period === undefined || y === undefined || of === undefined) continue;
    for (let row = 0; row < rows; row++) {
      const target = series[n[row] as number] as BlockSeries;
      const at = (period[row] as number) - target.firstPeriod;
      target.y[at] = y[row] as number;
      target.weight[at] = of[row] as number;
    }
  }
  const read: BlockFold[] = [];
  for (const fold of folds) {
    read.push({ fold, series: await seriesOf(engine, fold, block), forecasts: new Map() });
  }
  return { series, folds: read };
}

async function seriesOf(engine: Engine, fold: Fold, block: VisitedBlock): Promise<Int32Array> {
  const rows = await engine.rows<{ n: number }>(
    `SELECT _n - ${block.first} AS n FROM (${block.future(fold, [])}) WHERE _period = ${fold.period + 1} ORDER BY n`,
  );
  return Int32Array.from(rows, ({ n }) => n);
}

/** A copy, because DuckDB's memory need not be aligned. */
export function doubles(bytes: Uint8Array, rows: number): Float64Array {
  const copy = new Float64Array(rows);
  new Uint8Array(copy.buffer).set(bytes);
  return copy;
}

/** One array of several. */
export function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
