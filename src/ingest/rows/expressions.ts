import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { tables } from "../engine-tables.ts";
import type { LoadPlan } from "../load-plan.ts";
import { collapseType } from "./column-rules.ts";

/** An expression of a mapping, and what DuckDB's parser and binder found out about it. */
export interface CheckedExpression {
  /** In parentheses and on lines of its own, so that it can be embedded whatever comments it holds. */
  readonly sql: string;
  /** Whether TRY can wrap it, which finds the rows that it fails for. */
  readonly tryable: boolean;
  /** Whether it holds a window function, which reads all rows. */
  readonly windowed: boolean;
  /** Source columns that it reads. */
  readonly columns: readonly string[];
}

/** The expressions of a plan, by the input name of their column, and the filter. */
export interface CheckedPlan {
  readonly columns: ReadonlyMap<string, CheckedExpression>;
  readonly filter?: CheckedExpression;
}

/**
 * Checks each expression of a plan by itself against the view `input`, so that an error names its column.
 *
 * @throws MAPPING_EXPRESSION_INVALID
 */
export async function checkExpressions(
  engine: Engine,
  plan: LoadPlan,
  sources: readonly string[],
): Promise<CheckedPlan> {
  const columns = new Map<string, CheckedExpression>();
  for (const { input, expression, mapped } of plan.columns) {
    columns.set(
      input,
      await (mapped ? checked(engine, input, expression, sources) : plain(expression, sources)),
    );
  }
  for (const { input, aggregate } of plan.columns) {
    if (aggregate !== undefined) await checkAggregate(engine, plan, `collapse.${input}`, aggregate);
  }
  if (plan.filter === undefined) return { columns };
  const filter = await checked(engine, "filter", plan.filter, sources);
  if (filter.windowed) throw invalid("filter", "it holds a window function", sources);
  await requireCondition(engine, filter, sources);
  return { columns, filter };
}

async function requireCondition(
  engine: Engine,
  { sql }: CheckedExpression,
  sources: readonly string[],
): Promise<void> {
  try {
    await engine.prepare(`SELECT _seq FROM ${tables.input} WHERE coalesce(${sql}, false)`);
  } catch (error) {
    throw invalid("filter", "its values are not true or false, so it is not a condition", sources, error);
  }
}

/** A column of the source or NULL, which no user wrote and which cannot fail. */
function plain(expression: string, sources: readonly string[]): CheckedExpression {
  const columns = sources.filter((name) => quoteIdentifier(name) === expression);
  return { sql: embedded(expression), tryable: true, windowed: false, columns };
}

async function checked(
  engine: Engine,
  column: string,
  expression: string,
  sources: readonly string[],
): Promise<CheckedExpression> {
  const nodes = await parsed(engine, column, expression, sources);
  const sql = embedded(expression);
  const columns = nodes.filter((node) => node.class === "COLUMN_REF").flatMap(lastName);
  const windowed = nodes.some((node) => node.class === "WINDOW");
  // A column next to it makes DuckDB refuse aggregates, which would fold all rows into one.
  const bind = (attempt: string) => engine.prepare(`SELECT _seq, ${attempt} FROM ${tables.input}`);
  try {
    await bind(`TRY(${sql})`);
    return { sql, tryable: true, windowed, columns };
  } catch {
    // TRY cannot wrap window functions and volatile ones.
  }
  try {
    await bind(sql);
  } catch (error) {
    throw invalid(column, reasonOf(error), sources, error);
  }
  return { sql, tryable: false, windowed, columns };
}

async function checkAggregate(
  engine: Engine,
  plan: LoadPlan,
  column: string,
  aggregate: string,
): Promise<void> {
  const sources = plan.columns.map(({ input }) => input);
  await parsed(engine, column, aggregate, sources);
  const typed = plan.columns.map((of) => `NULL::${collapseType(of)} AS ${quoteIdentifier(of.input)}`);
  // Rows that agree in the columns without an aggregate become one.
  const grouping = plan.columns
    .filter((column) => column.aggregate === undefined)
    .map(({ input }) => quoteIdentifier(input));
  try {
    await engine.prepare(`
      SELECT min(_seq), ${embedded(aggregate)}
      FROM (SELECT 0 AS _seq, '' AS _file, 0 AS _record, ${typed.join(", ")})
      GROUP BY ${grouping.join(", ")}
    `);
  } catch (error) {
    throw invalid(column, reasonOf(error), sources, error);
  }
}

/** In parentheses, and on a line of its own because a comment may end it. */
export const embedded = (expression: string): string => `(\n${expression}\n)`;

interface Node {
  readonly class?: string;
  readonly column_names?: readonly string[];
}

/**
 * The nodes of the expression's syntax tree. It is parsed inside two kinds of brackets and must be one expression in both, so
 * that no bracket in it closes ours: `1) FROM x; --` and `a) || (b` do not pass.
 */
async function parsed(
  engine: Engine,
  column: string,
  expression: string,
  sources: readonly string[],
): Promise<Node[]> {
  const [inParentheses, inBrackets] = await Promise.all(
    [`SELECT ${embedded(expression)}`, `SELECT [\n${expression}\n]`].map((sql) => parse(engine, sql)),
  );
  const error = inParentheses?.error_message ?? inBrackets?.error_message;
  if (error !== undefined) throw invalid(column, trimmed(error), sources);
  const list = inBrackets?.statements?.[0]?.node;
  const single =
    inBrackets?.statements?.length === 1 &&
    list?.from_table?.type === "EMPTY" &&
    list.select_list?.length === 1 &&
    list.select_list[0]?.function_name === "list_value" &&
    list.select_list[0]?.children?.length === 1;
  if (!single) throw invalid(column, "it is more than one expression", sources);
  const nodes = nodesOf(list?.select_list?.[0]?.children?.[0]);
  for (const [name, what] of Object.entries(forbidden)) {
    if (nodes.some((node) => node.class === name)) throw invalid(column, `it holds ${what}`, sources);
  }
  return nodes;
}

const forbidden = { SUBQUERY: "a subquery", STAR: "* or COLUMNS", PARAMETER: "a parameter" };

interface Tree {
  readonly error_message?: string;
  readonly statements?: readonly { readonly node?: SelectNode }[];
}

interface SelectNode {
  readonly from_table?: { readonly type?: string };
  readonly select_list?: readonly {
    readonly function_name?: string;
    readonly children?: readonly unknown[];
  }[];
}

async function parse(engine: Engine, sql: string): Promise<Tree> {
  const [row] = await engine.rows<{ tree: string }>(
    `SELECT CAST(json_serialize_sql(${quoteLiteral(sql)}) AS VARCHAR) AS tree`,
  );
  return JSON.parse(row?.tree ?? "{}");
}

function nodesOf(tree: unknown): Node[] {
  if (typeof tree !== "object" || tree === null) return [];
  return [tree as Node, ...Object.values(tree).flatMap(nodesOf)];
}

const lastName = ({ column_names }: Node): string[] => column_names?.slice(-1) ?? [];

function invalid(column: string, problem: string, sources: readonly string[], cause?: unknown) {
  return fail("MAPPING_EXPRESSION_INVALID", { column, problem, sources: sources.join(", ") }, cause);
}

/** The first sentence of an error of DuckDB, without its class and without the candidates and the excerpt that follow. */
export function reasonOf(error: unknown): string {
  return trimmed(error instanceof Error ? error.message : String(error));
}

function trimmed(message: string): string {
  const [first = ""] = message.split("\n");
  return first
    .replace(/^[\w ]+ Error: /, "")
    .replace(" in FROM clause", "")
    .replace(/[.!]$/, "");
}
