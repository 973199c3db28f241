import { quoteIdentifier, quoteLiteral } from "../database/identifiers.ts";
import type { Engine } from "./engine.ts";
import type { CheckedExpression, CheckedPlan } from "./expression.ts";
import type { LoadPlan } from "./plan.ts";
import { sourceColumn } from "./read.ts";
import { failureOf, textOf } from "./rules.ts";

/**
 * The source as expressions see it, the view `input`: `_seq` (the row's number over all files), the source's columns, and
 * where an expression asks for them `_file` and `_record`.
 */
export async function createInput(
  engine: Engine,
  plan: LoadPlan,
  paths: readonly string[],
  columns: readonly string[],
): Promise<void> {
  await createPlaces(engine, paths);
  const spoken = [plan.filter, ...plan.columns.map(({ expression }) => expression)].join("\n");
  const places = /_(file|record)\b/i.test(spoken) ? "_file, _record," : "";
  const from = places === "" ? "numbered" : "numbered JOIN place USING (_seq)";
  const own = columns.map((name, index) => `${sourceColumn(index)} AS ${quoteIdentifier(name)}`);
  await engine.run(`
    CREATE VIEW input AS
    WITH numbered AS (SELECT rowid AS _seq, * FROM source)
    SELECT _seq, ${places} ${own.join(", ")} FROM ${from}
  `);
}

/** The view `place`: which record of which file a row of the source is. */
export async function createPlaces(engine: Engine, paths: readonly string[]): Promise<void> {
  const files = paths.map((path, index) => `(${index}, ${quoteLiteral(path)})`);
  await engine.run(`CREATE TABLE source_file AS SELECT * FROM (VALUES ${files.join(", ")}) AS t(file, path)`);
  await engine.run(`
    CREATE VIEW place AS
    SELECT numbered._seq, source_file.path AS _file, segment.record + numbered._seq - segment.first_row AS _record
    FROM (SELECT rowid AS _seq FROM source) AS numbered
    ASOF JOIN segment ON numbered._seq >= segment.first_row
    JOIN source_file ON source_file.file = segment.file
  `);
}

/**
 * Makes `mapped`: a row a source row that the filter lets through, with each target's value as text (`"quantity?"`, NULL
 * where empty). Any row an expression fails for makes the statement that reads it fail: {@link mapTolerantly} is for then.
 */
export async function map(engine: Engine, plan: LoadPlan, checked: CheckedPlan): Promise<void> {
  const columns = plan.columns.map(({ input }) => {
    const { sql } = checked.columns.get(input) as CheckedExpression;
    return `${asText(sql)} AS ${textOf(input)}`;
  });
  // A view, so that rows are written once; but window functions are calculated once and for all.
  const kind = [...checked.columns.values()].some(({ windowed }) => windowed) ? "TABLE" : "VIEW";
  await engine.run(`
    CREATE ${kind} mapped AS
    SELECT _seq, ${columns.join(", ")}
    FROM input
    ${checked.filter === undefined ? "" : `WHERE ${checked.filter.sql}`}
  `);
}

/**
 * The same, but a row that an expression fails for stays: with `"quantity~"` true and, in place of the value, the source
 * values the expression speaks of. Rows the filter fails for go to `fault`.
 */
export async function mapTolerantly(engine: Engine, plan: LoadPlan, checked: CheckedPlan): Promise<void> {
  const columns = plan.columns.flatMap(({ input, mapped }) => {
    const expression = checked.columns.get(input) as CheckedExpression;
    if (!mapped || !expression.tryable) return [`${asText(expression.sql)} AS ${textOf(input)}`];
    const failed = `(TRY(${expression.sql}) IS NULL AND TRY(${expression.sql} IS NULL) IS NULL)`;
    return [
      `CASE WHEN ${failed} THEN ${spokenOf(expression)} ELSE ${asText(`TRY(${expression.sql})`)} END AS ${textOf(input)}`,
      `${failed} AS ${failureOf(input)}`,
    ];
  });
  const filter = checked.filter;
  const decided = filter?.tryable ? `TRY(coalesce(${filter.sql}, false))` : filter?.sql;
  await engine.run(`
    CREATE TABLE mapped AS
    SELECT _seq, ${columns.join(", ")}
    FROM input
    ${decided === undefined ? "" : `WHERE ${decided}`}
  `);
  if (filter?.tryable) {
    await engine.run(`
      INSERT INTO fault
      SELECT _seq, NULL, NULL, 0, 'filter', 'EXPRESSION_FAILED', ${spokenOf(filter)}, 'the mapping''s filter fails'
      FROM input
      WHERE ${decided} IS NULL
    `);
  }
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
function spokenOf({ columns }: CheckedExpression): string {
  const parts = [...new Set(columns)].map(
    (name) => `${quoteLiteral(`${name}=`)} || coalesce(CAST(${quoteIdentifier(name)} AS VARCHAR), '')`,
  );
  return parts.length === 0 ? "''" : `concat_ws(', ', ${parts.join(", ")})`;
}
