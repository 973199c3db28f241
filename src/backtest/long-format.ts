import { quoteIdentifier } from "../database/identifiers.ts";
import type { Engine } from "../duckdb/engine.ts";
import { fail } from "../errors.ts";
import { problemOfRows, textOf } from "./forecast-checks.ts";
import {
  boundName,
  type ForecastColumns,
  type ForecastModel,
  forecastColumns,
  weightColumn,
} from "./forecast-columns.ts";
import { reading, relationOf, type Source, sourceOf } from "./forecast-source.ts";

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
  const source = sourceOf(path);
  const relation = await relationOf(engine, path, source);
  const { columns, types } = await readColumns(engine, path, relation, source);
  await reading(engine, path, () => engine.run(createForecasts(relation, columns, types)));
  try {
    const rows = await engine.count("SELECT count(*) FROM forecasts");
    const problem = rows === 0 ? "it has no rows" : await problemOfRows(engine, columns);
    if (problem !== undefined) throw fail("FORECASTS_INVALID", { path, problem });
    await tidyRows(engine, columns);
    const { models, weighted, ignored } = columns;
    return { models, weighted, ignored, rows, ...(await summaryOf(engine)) };
  } catch (error) {
    await engine.run("DROP TABLE forecasts").catch(() => {});
    throw error;
  }
}

async function readColumns(
  engine: Engine,
  path: string,
  relation: string,
  { isCsv }: Source,
): Promise<{ readonly columns: ForecastColumns; readonly types: ReadonlyMap<string, string> }> {
  const described = await reading(engine, path, () =>
    engine.rows<{ column_name: string; column_type: string }>(`DESCRIBE SELECT * FROM ${relation}`),
  );
  const types = new Map(described.map(({ column_name, column_type }) => [column_name, column_type]));
  const columns = forecastColumns([...types].map(([name, type]) => ({ name, type: isCsv ? "CSV" : type })));
  if (typeof columns === "string") throw fail("FORECASTS_INVALID", { path, problem: columns });
  return { columns, types };
}

function createForecasts(
  relation: string,
  columns: ForecastColumns,
  types: ReadonlyMap<string, string>,
): string {
  const day = (name: string) => {
    const time = /^(DATE|TIMESTAMP)/.test(types.get(name) ?? "")
      ? `${name}::TIMESTAMP`
      : `TRY_CAST(trim(${name}::VARCHAR) AS TIMESTAMP)`;
    return `CASE WHEN isfinite(${time}) AND ${time} = ${time}::DATE THEN ${time}::DATE END`;
  };
  const number = (name: string) =>
    `TRY_CAST(${quoteIdentifier(columns.spelled.get(name) ?? name)} AS DOUBLE) AS ${quoteIdentifier(name)}`;
  const y = "TRY_CAST(y AS DOUBLE)";
  const text = (name: string, isGood: string) =>
    `CASE WHEN NOT coalesce(${isGood}, false) THEN ${name}::VARCHAR END AS ${textOf(name)}`;
  const texts = [
    text("ds", `(${day("ds")}) IS NOT NULL`),
    text("cutoff", `(${day("cutoff")}) IS NOT NULL`),
    text("y", `isfinite(${y})`),
  ];
  return `
    CREATE TABLE forecasts AS
    SELECT
      unique_id::VARCHAR AS unique_id,
      ${day("ds")} AS ds,
      ${day("cutoff")} AS cutoff,
      ${y} AS y,
      ${columns.weighted ? number(weightColumn) : `1e0 AS ${weightColumn}`},
      ${[...numbersOf(columns).map(number), ...texts].join(",\n      ")}
    FROM ${relation}`;
}

const numbersOf = ({ models }: ForecastColumns) =>
  models.flatMap(({ name, levels }) => [
    name,
    ...levels.flatMap((level) => [boundName(name, "lo", level), boundName(name, "hi", level)]),
  ]);

/** Null is the one sign for a value that is not known; and the texts were for messages only. */
async function tidyRows(engine: Engine, columns: ForecastColumns): Promise<void> {
  for (const name of ["y", ...numbersOf(columns)].map(quoteIdentifier)) {
    await engine.run(`UPDATE forecasts SET ${name} = NULL WHERE isnan(${name})`);
  }
  for (const name of ["ds", "cutoff", "y"]) {
    await engine.run(`ALTER TABLE forecasts DROP COLUMN ${textOf(name)}`);
  }
}

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
