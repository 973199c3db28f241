import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { LoadPlan } from "../load-plan.ts";
import { failureOf, textOf } from "./column-rules.ts";
import type { CheckedExpression, CheckedPlan } from "./expressions.ts";

/** Whether the filter lets a row through; unknown where the filter itself fails for it. */
export const kept = quoteIdentifier("~kept");

/**
 * SQL of what a mapping makes of source rows: beside what is carried along, `"~kept"` and each target's value as text
 * (`"quantity?"`, NULL where empty or left out). An expression that fails for a row makes the statement fail. When it is
 * tolerant, the row has `"quantity~"` true and, in place of the value, the source values the expression speaks of.
 */
export function mapping(
  plan: LoadPlan,
  checked: CheckedPlan,
  from: string,
  options: { tolerant: boolean; carried: readonly string[] },
): string {
  const unfiltered = checked.filter === undefined;
  const columns = mappedColumns(plan, checked, options.tolerant).map(({ sql, name }) =>
    unfiltered ? `${sql} AS ${name}` : `CASE WHEN ${kept} THEN ${sql} END AS ${name}`,
  );
  const decided = unfiltered
    ? from
    : `(SELECT *, ${decision(checked, options.tolerant)} AS ${kept} FROM ${from})`;
  const verdict = unfiltered ? `true AS ${kept}` : kept;
  return `SELECT ${[...options.carried, verdict, ...columns].join(", ")} FROM ${decided}`;
}

/** The same of the view `input` where window functions look at all rows that the filter lets through. */
export function windowedMapping(plan: LoadPlan, checked: CheckedPlan, tolerant: boolean): string {
  const columns = mappedColumns(plan, checked, tolerant).map(({ sql, name }) => `${sql} AS ${name}`);
  const all = `SELECT _seq, true AS ${kept}, ${columns.join(", ")} FROM input`;
  if (checked.filter === undefined) return all;
  const decided = decision(checked, tolerant);
  return `
    ${all} WHERE ${decided}
    UNION ALL BY NAME
    SELECT _seq, NULL::BOOLEAN AS ${kept} FROM input WHERE ${decided} IS NULL
  `;
}

function mappedColumns(
  plan: LoadPlan,
  checked: CheckedPlan,
  tolerant: boolean,
): { sql: string; name: string }[] {
  const tolerated = tolerant ? failable(plan, checked) : new Set();
  return plan.columns.flatMap(({ input }) => {
    const expression = checked.columns.get(input) as CheckedExpression;
    if (!tolerated.has(input)) return [{ sql: asText(expression.sql), name: textOf(input) }];
    const failed = `(TRY(${expression.sql}) IS NULL AND TRY(${expression.sql} IS NULL) IS NULL)`;
    const text = `CASE WHEN ${failed} THEN ${spokenOf(expression)} ELSE ${asText(`TRY(${expression.sql})`)} END`;
    return [
      { sql: text, name: textOf(input) },
      { sql: failed, name: failureOf(input) },
    ];
  });
}

function decision({ filter }: CheckedPlan, tolerant: boolean): string {
  const sql = `coalesce(${filter?.sql}, false)`;
  return tolerant && filter?.tryable ? `TRY(${sql})` : sql;
}

/** Inputs whose expression can fail for a row, when mapped tolerantly. */
export function failable(plan: LoadPlan, checked: CheckedPlan): Set<string> {
  return new Set(
    plan.columns
      .filter(({ input, mapped }) => mapped && checked.columns.get(input)?.tryable)
      .map(({ input }) => input),
  );
}

const asText = (sql: string) => `nullif(CAST(${sql} AS VARCHAR), '')`;

/** `Quantity=n/a, UnitPrice=2.55` */
export function spokenOf({ columns }: CheckedExpression): string {
  const parts = [...new Set(columns)].map(
    (name) => `${quoteLiteral(`${name}=`)} || coalesce(CAST(${quoteIdentifier(name)} AS VARCHAR), '')`,
  );
  return parts.length === 0 ? "''" : `concat_ws(', ', ${parts.join(", ")})`;
}
