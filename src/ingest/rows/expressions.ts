import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import type { LoadPlan, PlannedColumn } from "../load-plan.ts";
import { typeInCollapse } from "./column-rules.ts";

/** What DuckDB's parser and binder say of an expression of a mapping. */
export interface CheckedExpression {
  /** Always to be embedded so: in parentheses and on lines of its own, whatever comments it holds. */
  readonly sql: string;
  /** TRY can wrap it, so that a row it fails for is told from the others. */
  readonly tryable: boolean;
  /** Holds a window function, which looks at all rows. */
  readonly windowed: boolean;
  /** Source columns it speaks of. */
  readonly columns: readonly string[];
}

/** The expressions of a plan, by the input name of their column; the filter under its own name. */
export interface CheckedPlan {
  readonly columns: ReadonlyMap<string, CheckedExpression>;
  readonly filter?: CheckedExpression;
}

/**
 * Checks each expression of a plan by itself against the table `input`, so that an error names its column.
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
  return { columns, filter };
}

/** A column of the source or NULL: nothing a user wrote. */
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
  // A column beside it makes DuckDB refuse aggregates, which would fold all rows into one.
  const bind = (attempt: string) => engine.prepare(`SELECT _seq, ${attempt} FROM input`);
  try {
    await bind(`TRY(${sql})`);
    return { sql, tryable: true, windowed, columns };
  } catch {
    // Window functions and volatile ones cannot be wrapped.
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
  const typed = plan.columns.map((of) => `NULL::${typeInCollapse(of)} AS ${quoteIdentifier(of.input)}`);
  const grain = plan.columns.filter(groups).map(({ input }) => quoteIdentifier(input));
  try {
    await engine.prepare(`
      SELECT min(_seq), ${embedded(aggregate)}
      FROM (SELECT 0 AS _seq, '' AS _file, 0 AS _record, ${typed.join(", ")})
      GROUP BY ${grain.join(", ")}
    `);
  } catch (error) {
    throw invalid(column, reasonOf(error), sources, error);
  }
}

/** Columns that rows must have in common to be folded: the grain, and what has no aggregate. */
export const groups = (column: PlannedColumn): boolean => column.aggregate === undefined;

export const embedded = (expression: string): string => `(\n${expression}\n)`;

interface Node {
  readonly class?: string;
  readonly column_names?: readonly string[];
}

/**
 * The nodes of the expression's syntax tree. It must be one expression in two surroundings, so that no bracket in it
 * can close ours: `1) FROM x; --` or `a) || (b` are not.
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

/** DuckDB's sentence without its class, its candidates and its picture of the place. */
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
