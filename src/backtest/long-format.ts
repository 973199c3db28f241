import { statSync } from "node:fs";
import { quoteIdentifier, quoteLiteral } from "../database/identifiers.ts";
import type { Engine } from "../duckdb/engine.ts";
import { ForecastLabError, fail } from "../errors.ts";
import { withFileFailures } from "../system/file-failures.ts";
import { problemOfRows } from "./forecast-checks.ts";
import {
  boundName,
  type FileColumn,
  type ForecastColumns,
  type ForecastModel,
  forecastColumns,
  weightColumn,
} from "./forecast-columns.ts";

/**
 * Forecasts that were read from a file. Their rows are in the engine's table `forecasts`, one row per series, day and cutoff:
 *
 * `unique_id VARCHAR, ds DATE, cutoff DATE, y DOUBLE, sample_weight DOUBLE`, then for each model `MODEL DOUBLE` and for each of
 * its levels `MODEL-lo-LEVEL DOUBLE, MODEL-hi-LEVEL DOUBLE`. `y` is null if it is not known, both bounds are null if there is
 * no interval; nothing is NaN or infinite.
 */
export interface Forecasts {
  readonly models: readonly ForecastModel[];
  /** Whether the file has weights; otherwise `sample_weight` is 1. */
  readonly weighted: boolean;
  /** Columns that were not read: row numbers of pandas. */
  readonly ignored: readonly string[];
  readonly rows: number;
  readonly series: number;
  /** Days, the earliest first. */
  readonly cutoffs: readonly string[];
  readonly rows_without_y: number;
}

/**
 * Reads a file in Nixtla's long format, as `cross_validation` of mlforecast, statsforecast and neuralforecast gives it:
 * `unique_id, ds, cutoff, y`, a column per model, and for intervals `MODEL-lo-80, MODEL-hi-80`. A column `sample_weight` is
 * optional. The file is Parquet or CSV with a header, which may be compressed with gzip.
 *
 * @throws FORECASTS_INVALID with the first problem: a missing column, a forecast that is not a finite number, a series that a
 * model leaves out, a repeated row, bounds in the wrong order, a day that is not after its cutoff. Then there is no table
 * @throws FORECASTS_UNREADABLE, FILE_NOT_FOUND, FILE_IS_DIRECTORY, FILE_NOT_PERMITTED
 */
export async function readForecasts(engine: Engine, path: string): Promise<Forecasts> {
  const { isCsv, relation } = relationOf(path);
  const columns = await readColumns(engine, path, relation, isCsv);
  await reading(engine, path, () => engine.run(createForecasts(relation, columns)));
  try {
    const rows = await engine.count("SELECT count(*) FROM forecasts");
    const problem = rows === 0 ? "it has no rows" : await problemOfRows(engine, columns);
    if (problem !== undefined) throw fail("FORECASTS_INVALID", { path, problem });
    await engine.run(dropNaN(columns));
    return { ...columns, rows, ...(await summaryOf(engine)) };
  } catch (error) {
    await engine.run("DROP TABLE forecasts").catch(() => {});
    throw error;
  }
}

function relationOf(path: string): { readonly isCsv: boolean; readonly relation: string } {
  const found = withFileFailures(path, "read", () => statSync(path));
  if (found.isDirectory()) throw fail("FILE_IS_DIRECTORY", { path });
  // DuckDB expects a pattern.
  const file = quoteLiteral(path.replaceAll(/[*?[]/g, "[$&]"));
  if (/\.parquet$/i.test(path)) {
    return { isCsv: false, relation: `read_parquet(${file}, hive_partitioning = false)` };
  }
  if (/\.csv(\.gz)?$/i.test(path)) {
    return {
      isCsv: true,
      relation: `read_csv(${file}, header = true, all_varchar = true, hive_partitioning = false)`,
    };
  }
  throw fail("FORECASTS_UNREADABLE", { path, reason: "its name ends in neither .parquet nor .csv" });
}

async function readColumns(
  engine: Engine,
  path: string,
  relation: string,
  isCsv: boolean,
): Promise<ForecastColumns> {
  const described = await reading(engine, path, () =>
    engine.rows<{ column_name: string; column_type: string }>(`DESCRIBE SELECT * FROM ${relation}`),
  );
  const columns = forecastColumns(
    described.map(({ column_name, column_type }): FileColumn => {
      return { name: column_name, type: isCsv ? "CSV" : column_type };
    }),
  );
  if (typeof columns === "string") throw fail("FORECASTS_INVALID", { path, problem: columns });
  return columns;
}

/** DuckDB's errors about the file. */
async function reading<T>(engine: Engine, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    engine.signal?.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    const ours = error instanceof ForecastLabError || /^Out of Memory|No space left|^ENOSPC/.test(message);
    if (ours) throw error;
    throw fail("FORECASTS_UNREADABLE", { path, reason: message.split("\n")[0] ?? "" }, error);
  }
}

function createForecasts(relation: string, columns: ForecastColumns): string {
  const day = (name: string) => `TRY_CAST(trim(${name}::VARCHAR) AS TIMESTAMP)`;
  const wholeDay = (name: string) =>
    `CASE WHEN isfinite(${day(name)}) AND ${day(name)} = date_trunc('day', ${day(name)}) THEN ${day(name)}::DATE END`;
  const number = (name: string) => `TRY_CAST(${quoteIdentifier(name)} AS DOUBLE) AS ${quoteIdentifier(name)}`;
  return `
    CREATE TABLE forecasts AS
    SELECT
      unique_id::VARCHAR AS unique_id,
      ${wholeDay("ds")} AS ds,
      ${wholeDay("cutoff")} AS cutoff,
      TRY_CAST(y AS DOUBLE) AS y,
      ${columns.weighted ? number(weightColumn) : `1e0 AS ${weightColumn}`},
      ${[...numbersOf(columns).map(number), "ds::VARCHAR AS ds_text", "cutoff::VARCHAR AS cutoff_text", "y::VARCHAR AS y_text"].join(",\n      ")}
    FROM ${relation}`;
}

const numbersOf = ({ models }: ForecastColumns) =>
  models.flatMap(({ name, levels }) => [
    name,
    ...levels.flatMap((level) => [boundName(name, "lo", level), boundName(name, "hi", level)]),
  ]);

/** Null is the one sign for a value that is not known; and the texts were for messages only. */
const dropNaN = (columns: ForecastColumns) => `
  CREATE OR REPLACE TABLE forecasts AS
  SELECT
    * EXCLUDE (ds_text, cutoff_text, y_text)
    REPLACE (${["y", ...numbersOf(columns)].map(orNull).join(", ")})
  FROM forecasts`;

const orNull = (name: string) =>
  `CASE WHEN isfinite(${quoteIdentifier(name)}) THEN ${quoteIdentifier(name)} END AS ${quoteIdentifier(name)}`;

async function summaryOf(engine: Engine) {
  const [summary] = await engine.rows<{ series: number; without_y: number }>(`
    SELECT count(DISTINCT unique_id) AS series, count(*) FILTER (y IS NULL) AS without_y FROM forecasts`);
  const cutoffs = await engine.rows<{ cutoff: string }>(`
    SELECT strftime(cutoff, '%Y-%m-%d') AS cutoff FROM forecasts GROUP BY ALL ORDER BY cutoff`);
  return {
    series: summary?.series ?? 0,
    cutoffs: cutoffs.map(({ cutoff }) => cutoff),
    rows_without_y: summary?.without_y ?? 0,
  };
}
