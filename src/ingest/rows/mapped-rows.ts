import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import { failureOf, keptByFilter, tables, textOf } from "../engine-tables.ts";
import type { LoadPlan } from "../load-plan.ts";
import type { CheckedExpression, CheckedPlan } from "./expressions.ts";

/**
 * SQL of the rows that a mapping makes of source records: the columns of `carried`, `"~kept"`, and each column of the load as
 * text (`"quantity?"`, NULL if it is empty or the filter leaves the row out). If an expression fails for a row, the
 * statement fails. A tolerant mapping goes on: the row has `"quantity~"` true and, in place of the text, the source values
 * that the expression read.
 */
export function mappedRows(
  plan: LoadPlan,
  checked: CheckedPlan,
  from: string,
  options: { tolerant: boolean; carried: readonly string[] },
): string {
  const unfiltered = checked.filter === undefined;
  const columns = mappedColumns(plan, checked, options.tolerant).map(({ sql, name }) =>
    unfiltered ? `${sql} AS ${name}` : `CASE WHEN ${keptByFilter} THEN ${sql} END AS ${name}`,
  );
  const filtered = unfiltered
    ? from
    : `(SELECT *, ${filterSql(checked, options.tolerant)} AS ${keptByFilter} FROM ${from})`;
  const kept = unfiltered ? `true AS ${keptByFilter}` : keptByFilter;
  return `SELECT ${[...options.carried, kept, ...columns].join(", ")} FROM ${filtered}`;
}

/** The same for all rows of `input`, when expressions hold window functions: these read the rows that the filter keeps. */
export function windowedRows(plan: LoadPlan, checked: CheckedPlan, tolerant: boolean): string {
  const columns = mappedColumns(plan, checked, tolerant).map(({ sql, name }) => `${sql} AS ${name}`);
  const all = `SELECT _seq, true AS ${keptByFilter}, ${columns.join(", ")} FROM ${tables.input}`;
  if (checked.filter === undefined) return all;
  const filter = filterSql(checked, tolerant);
  return `
    ${all} WHERE ${filter}
    UNION ALL BY NAME
    SELECT _seq, NULL::BOOLEAN AS ${keptByFilter} FROM ${tables.input} WHERE ${filter} IS NULL
  `;
}

function mappedColumns(
  plan: LoadPlan,
  checked: CheckedPlan,
  tolerant: boolean,
): { sql: string; name: string }[] {
  const tolerated = tolerant ? failableInputs(plan, checked) : new Set();
  return plan.columns.flatMap(({ input }) => {
    const expression = checked.columns.get(input) as CheckedExpression;
    if (!tolerated.has(input)) return [{ sql: asText(expression.sql), name: textOf(input) }];
    const failed = `(TRY(${expression.sql}) IS NULL AND TRY(${expression.sql} IS NULL) IS NULL)`;
    const text = `CASE WHEN ${failed} THEN ${valuesRead(expression)} ELSE ${asText(`TRY(${expression.sql})`)} END`;
    return [
      { sql: text, name: textOf(input) },
      { sql: failed, name: failureOf(input) },
    ];
  });
}

function filterSql({ filter }: CheckedPlan, tolerant: boolean): string {
  const sql = `coalesce(${filter?.sql}, false)`;
  return tolerant && filter?.tryable ? `TRY(${sql})` : sql;
}

/** Columns, by their input names, whose expression a tolerant mapping tries row by row. */
export function failableInputs(plan: LoadPlan, checked: CheckedPlan): Set<string> {
  return new Set(
    plan.columns
      .filter(({ input, mapped }) => mapped && checked.columns.get(input)?.tryable)
      .map(({ input }) => input),
  );
}

const asText = (sql: string) => `nullif(CAST(${sql} AS VARCHAR), '')`;

/** SQL of the source values that an expression reads: `Quantity=n/a, UnitPrice=2.55`. */
export function valuesRead({ columns }: CheckedExpression): string {
  const parts = [...new Set(columns)].map(
    (name) => `${quoteLiteral(`${name}=`)} || coalesce(CAST(${quoteIdentifier(name)} AS VARCHAR), '')`,
  );
  return parts.length === 0 ? "''" : `concat_ws(', ', ${parts.join(", ")})`;
}
