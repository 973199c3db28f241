import { quoteLiteral } from "../../../src/database/identifiers.ts";
import { type Engine, withEngine } from "../../../src/duckdb/engine.ts";

/* Files of forecasts, read and changed by plain DuckDB. */

export interface ForecastRow {
  readonly unique_id: string;
  /** YYYY-MM-DD, as `cutoff`. */
  readonly ds: string;
  readonly cutoff: string;
  readonly y: number | null;
  readonly sample_weight: number | null;
  /** The models, and the bounds of their intervals. */
  readonly [column: string]: string | number | null;
}

const relationOf = (path: string) =>
  path.endsWith(".csv") ? `read_csv(${quoteLiteral(path)})` : `read_parquet(${quoteLiteral(path)})`;

/** The rows of a file in its order. */
export const rowsOfFile = (path: string): Promise<ForecastRow[]> =>
  withEngine(undefined, (engine) =>
    engine.rows<ForecastRow>(
      `SELECT * REPLACE (strftime(ds, '%Y-%m-%d') AS ds, strftime(cutoff, '%Y-%m-%d') AS cutoff) FROM ${relationOf(path)}`,
    ),
  );

/** Writes another file from the rows of one; `file` is the relation of its rows. */
export async function changedFile(path: string, to: string, sql: (file: string) => string): Promise<string> {
  await withEngine(undefined, (engine: Engine) =>
    engine.run(
      `COPY (${sql(relationOf(path))}) TO ${quoteLiteral(to)} (FORMAT ${to.endsWith(".csv") ? "csv" : "parquet"})`,
    ),
  );
  return to;
}

const keys = ["unique_id", "ds", "cutoff"];

/** What the models said of a fold: the rows without the actual values. */
export const saidBy = (rows: readonly ForecastRow[], cutoff: string) =>
  rows
    .filter((row) => row.cutoff === cutoff)
    .map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !["y", "sample_weight"].includes(name))),
    );

/** The columns of models and of bounds. */
export const modelColumns = (row: ForecastRow): string[] =>
  Object.keys(row).filter((name) => ![...keys, "y", "sample_weight"].includes(name));
