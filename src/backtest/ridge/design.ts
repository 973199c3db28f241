import { quoteIdentifier } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";

/** Rows to learn from. All of its SQL goes into queries as it is, so none of it may come from a user. */
export interface RidgeRows {
  /** A table, or a query in parentheses. */
  readonly relation: string;
  /** A numeric column that is not null in the rows that are learnt from. */
  readonly target: string;
  /** SQL of the weight of a row; 1 by default. Rows whose weight is not above 0, or whose target is not finite, are left out. */
  readonly weight?: string;
  /** SQL of a condition, for training and validation rows in the same relation. */
  readonly where?: string;
}

/** A term of the regression: an expression with the mean 0 in training, and never null. */
export interface Term {
  /** The column, or `COLUMN is null`. */
  readonly name: string;
  readonly sql: string;
  /** What was subtracted. */
  readonly center: number;
}

/** The terms that a fit is made of, fixed by the training rows. */
export interface Design {
  readonly terms: readonly Term[];
  /** The mean of the target. */
  readonly center: number;
  /** Columns without any value in training. */
  readonly empty: readonly string[];
}

/**
 * The design from training rows: each column around its mean, with that mean instead of NULL, NaN and infinity, and for columns
 * that lack a value somewhere an indicator of that. It takes one pass.
 *
 * @param columns names of numeric and BOOLEAN columns
 * @returns undefined if there is no row to learn from
 */
export async function designOf(
  engine: Engine,
  rows: RidgeRows,
  columns: readonly string[],
): Promise<Design | undefined> {
  const [moments] = await engine.rows<Record<string, number | null>>(momentsSql(rows, columns));
  const weight = moments?.weight ?? 0;
  if (moments === undefined || !(weight > 0)) return undefined;
  const empty: string[] = [];
  const terms = columns.flatMap((name, index): Term[] => {
    const mean = moments[`mean_${index}`] ?? null;
    if (mean === null) {
      empty.push(name);
      return [];
    }
    const value = finite(quoteIdentifier(name));
    const [center, missing] = [doubleSql(mean), (moments[`missing_${index}`] ?? 0) / weight];
    const term = { name, sql: `coalesce(${value} - ${center}, 0e0)`, center: mean };
    if (missing === 0) return [term];
    const indicator = `((${value}) IS NULL)::DOUBLE - ${doubleSql(missing)}`;
    return [term, { name: `${name} is null`, sql: indicator, center: missing }];
  });
  return { terms, center: moments.center ?? 0, empty };
}

function momentsSql(rows: RidgeRows, columns: readonly string[]): string {
  const [weight, target] = [weightSql(rows), targetSql(rows)];
  const of = columns.map((name, index) => {
    const value = finite(quoteIdentifier(name));
    return `
      sum(${weight} * (${value})) / sum(${weight}) FILTER ((${value}) IS NOT NULL) AS mean_${index},
      sum(${weight}) FILTER ((${value}) IS NULL) AS missing_${index}`;
  });
  const all = [`sum(${weight}) AS weight`, `sum(${weight} * ${target}) / sum(${weight}) AS center`, ...of];
  return `
    SELECT
      ${all.join(",")}
    FROM ${rows.relation}
    WHERE ${conditionSql(rows)}`;
}

const weightSql = ({ weight = "1" }: RidgeRows) => `(${weight})::DOUBLE`;
const targetSql = ({ target }: RidgeRows) => `${quoteIdentifier(target)}::DOUBLE`;
const conditionSql = (rows: RidgeRows) =>
  `${weightSql(rows)} > 0 AND isfinite(${targetSql(rows)}) AND (${rows.where ?? "true"})`;

/** The weight, every term and the centered target of each row that is learnt from. */
export const termsSql = ({ terms, center }: Design, rows: RidgeRows): string => `
  SELECT
    ${[weightSql(rows), ...terms.map(({ sql }) => sql), `${targetSql(rows)} - ${doubleSql(center)}`].join(",\n    ")}
  FROM ${rows.relation}
  WHERE ${conditionSql(rows)}`;

/** The value of a column as a finite DOUBLE, or NULL. */
const finite = (column: string) => `CASE WHEN isfinite(${column}::DOUBLE) THEN ${column}::DOUBLE END`;

/** A literal of DuckDB with an exponent is a DOUBLE; without one it is a DECIMAL, and the arithmetic is another. */
export const doubleSql = (value: number): string => `(${value.toExponential()})`;
