import { quoteIdentifier, quoteLiteral } from "../database/identifiers.ts";
import type { Engine } from "../duckdb/engine.ts";
import { countText } from "../system/numbers.ts";
import { visible } from "../system/visible-text.ts";
import { boundName, type ForecastColumns, weightColumn } from "./forecast-columns.ts";

/** The column of `forecasts` with the text of a column of the file, while rows are checked. */
export const textOf = (name: string): string => quoteIdentifier(`${name} as text`);

interface FirstRow {
  readonly rows: number;
  readonly unique_id: string | null;
  readonly ds: string | null;
  readonly cutoff: string | null;
  readonly value: string | null;
}

/**
 * What is wrong with the rows of the table `forecasts`, in words: the first problem with the number of rows that have it and
 * one of them.
 */
export async function problemOfRows(engine: Engine, columns: ForecastColumns): Promise<string | undefined> {
  for (const check of checksOf(columns)) {
    const problem = await check(engine);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

type Check = (engine: Engine) => Promise<string | undefined>;

function checksOf({ models, weighted }: ForecastColumns): Check[] {
  return [
    rowsThat("unique_id IS NULL OR unique_id = ''", (rows) => `unique_id is missing in ${rows}`),
    rowsThat(
      "ds IS NULL",
      (rows, { value }) => `ds is not a day in ${rows}, for example ${shown(value)}`,
      textOf("ds"),
    ),
    rowsThat(
      "cutoff IS NULL",
      (rows, { value }) => `cutoff is not a day in ${rows}, for example ${shown(value)}`,
      textOf("cutoff"),
    ),
    rowsThat("ds <= cutoff", (rows, row) => `ds is not after the cutoff in ${rows}, ${firstOf(row)}`),
    repeatedKeys,
    rowsThat(
      `isinf(y) OR (y IS NULL AND ${textOf("y")} IS NOT NULL)`,
      (rows, row) => `y is not a finite number in ${rows}, ${firstOf(row)}: ${shown(row.value)}`,
      textOf("y"),
    ),
    noActuals,
    ...(weighted
      ? [
          rowsThat(
            `NOT coalesce(${weightColumn} >= 0 AND isfinite(${weightColumn}), false)`,
            (rows, row) => `${weightColumn} is not a number from 0 in ${rows}, ${firstOf(row)}`,
          ),
        ]
      : []),
    ...models.flatMap(({ name, levels }) => [
      missingSeries(name),
      notFinite(name),
      ...levels.flatMap((level) => boundChecks(name, level)),
    ]),
  ];
}

/** @param value SQL of the value that the sentence shows */
function rowsThat(
  condition: string,
  sentence: (rows: string, row: FirstRow) => string,
  value = "NULL",
): Check {
  return async (engine) => {
    const [row] = await engine.rows<FirstRow>(`
      SELECT
        count(*) AS rows,
        first(unique_id ORDER BY unique_id, cutoff, ds) AS unique_id,
        strftime(first(ds ORDER BY unique_id, cutoff, ds), '%Y-%m-%d') AS ds,
        strftime(first(cutoff ORDER BY unique_id, cutoff, ds), '%Y-%m-%d') AS cutoff,
        first((${value})::VARCHAR ORDER BY unique_id, cutoff, ds) AS value
      FROM forecasts
      WHERE ${condition}`);
    return row === undefined || row.rows === 0 ? undefined : sentence(countText(row.rows, "row"), row);
  };
}

const shown = (value: string | null) => (value === null ? "nothing" : visible(value.slice(0, 40)));

const firstOf = ({ unique_id, ds, cutoff }: FirstRow) =>
  `for example ${visible(unique_id ?? "")} on ${ds} (cutoff ${cutoff})`;

const repeatedKeys: Check = async (engine) => {
  const [row] = await engine.rows<FirstRow>(`
    WITH repeated AS (
      SELECT unique_id, ds, cutoff, count(*) AS times
      FROM forecasts
      GROUP BY ALL
      HAVING count(*) > 1
    )
    SELECT
      (SELECT sum(times) FROM repeated)::BIGINT AS rows,
      unique_id,
      strftime(ds, '%Y-%m-%d') AS ds,
      strftime(cutoff, '%Y-%m-%d') AS cutoff
    FROM repeated
    ORDER BY repeated.unique_id, repeated.cutoff, repeated.ds
    LIMIT 1`);
  if (row === undefined) return undefined;
  return `${countText(row.rows, "row")} have the unique_id, ds and cutoff of another row, ${firstOf(row)}`;
};

const noActuals: Check = async (engine) =>
  (await engine.count("SELECT count(*) FROM forecasts WHERE isfinite(y)")) === 0
    ? "y has no value in any row"
    : undefined;

/** A series that a model leaves out altogether, as happens if it was fitted on others. */
function missingSeries(model: string): Check {
  return async (engine) => {
    const [row] = await engine.rows<{ series: number; unique_id: string; rows: number; all_series: number }>(`
      WITH series AS (
        SELECT unique_id, count(*) AS rows, count(*) FILTER (isfinite(${quoteIdentifier(model)})) AS forecasts
        FROM forecasts
        GROUP BY unique_id
      )
      SELECT
        unique_id,
        rows,
        count(*) OVER () AS series,
        (SELECT count(*) FROM series) AS all_series
      FROM series
      WHERE forecasts = 0
      ORDER BY unique_id
      LIMIT 1`);
    if (row === undefined) return undefined;
    if (row.series === row.all_series) return `${visible(model)} has no forecast that is a number`;
    const others = `${countText(row.series, "series", "series")} of ${row.all_series}`;
    return `${visible(model)} has no forecast for ${others}, for example ${visible(row.unique_id)} (${countText(row.rows, "row")})`;
  };
}

const notFinite = (model: string): Check => {
  const column = quoteIdentifier(model);
  return rowsThat(
    `NOT coalesce(isfinite(${column}), false)`,
    (rows, row) =>
      `${visible(model)} has no finite forecast in ${rows}, ${firstOf(row)}: ${row.value ?? "not a number"}`,
    column,
  );
};

/** Both bounds may be missing, as in the first folds, which have nothing to calibrate with. */
function boundChecks(model: string, level: number): Check[] {
  const [low, high] = [boundName(model, "lo", level), boundName(model, "hi", level)];
  const [lo, hi] = [quoteIdentifier(low), quoteIdentifier(high)];
  const has = (bound: string) => `(${bound} IS NOT NULL AND NOT isnan(${bound}))`;
  return [
    rowsThat(
      `${has(lo)} != ${has(hi)}`,
      (rows, row) =>
        `only one of ${visible(low)} and ${visible(high)} has a value in ${rows}, ${firstOf(row)}`,
    ),
    rowsThat(
      `isinf(${lo}) OR isinf(${hi})`,
      (rows, row) => `${visible(low)} or ${visible(high)} is infinite in ${rows}, ${firstOf(row)}`,
    ),
    rowsThat(
      `${has(lo)} AND ${lo} > ${hi}`,
      (rows, row) => `${visible(low)} is above ${visible(high)} in ${rows}, ${firstOf(row)}: ${row.value}`,
      `format(${quoteLiteral("{} and {}")}, ${lo}, ${hi})`,
    ),
  ];
}
