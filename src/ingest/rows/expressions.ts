import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { fail } from "../../errors.ts";
import { didYouMean } from "../../system/did-you-mean.ts";
import { tables } from "../engine-tables.ts";
import type { LoadPlan } from "../load-plan.ts";
import { collapseType } from "./column-rules.ts";
import {
  functionName,
  includes,
  lambdaParameters,
  lastName,
  type Node,
  nodesOf,
} from "./expression-nodes.ts";
import { refusal } from "./expression-refusals.ts";

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
 * Checks each expression of a plan by itself against the view `input`, so that an error names its column; all that are not
 * valid are named at once.
 *
 * @throws MAPPING_EXPRESSION_INVALID
 */
export async function checkExpressions(
  engine: Engine,
  plan: LoadPlan,
  sources: readonly string[],
): Promise<CheckedPlan> {
  const columns = new Map<string, CheckedExpression>();
  const flaws: Flaw[] = [];
  const collecting = <T>(work: Promise<T>): Promise<T | undefined> =>
    work.catch((error) => {
      if (!(error instanceof Flaw)) throw error;
      flaws.push(error);
      return undefined;
    });
  for (const { input, expression, mapped } of plan.columns) {
    const found = mapped
      ? await collecting(checked(engine, input, expression, sources))
      : plain(expression, sources);
    if (found !== undefined) columns.set(input, found);
  }
  const inputs = plan.columns.map(({ input }) => input);
  for (const { input, aggregate } of plan.columns) {
    if (aggregate !== undefined) {
      await collecting(checkAggregate(engine, plan, `collapse.${input}`, aggregate, inputs));
    }
  }
  const filter =
    plan.filter === undefined
      ? undefined
      : await collecting(
          checked(engine, "filter", plan.filter, sources)
            .then(requireNoWindow)
            .then((condition) => requireCondition(engine, condition)),
        );
  requireNoFlaws(flaws);
  return filter === undefined ? { columns } : { columns, filter };
}

/** What is wrong with an expression. */
class Flaw extends Error {
  readonly column: string;
  readonly problem: string;
  /** Columns that it could read. */
  readonly sources: readonly string[];

  constructor(column: string, problem: string, sources: readonly string[], cause?: unknown) {
    super(problem, { cause });
    this.column = column;
    this.problem = problem;
    this.sources = sources;
  }
}

function requireNoFlaws([first, ...others]: readonly Flaw[]): void {
  if (first === undefined) return;
  const also = others.map(({ column, problem }) => `; that for ${column}: ${problem}`);
  throw fail(
    "MAPPING_EXPRESSION_INVALID",
    {
      column: first.column,
      problem: [first.problem, ...also].join(""),
      sources: listed(first.sources, 100),
    },
    first.cause,
  );
}

function requireNoWindow(filter: CheckedExpression): CheckedExpression {
  if (!filter.windowed) return filter;
  throw new Flaw(
    "filter",
    "it holds a window function, which sees only rows that the filter keeps",
    filter.columns,
  );
}

async function requireCondition(engine: Engine, filter: CheckedExpression): Promise<CheckedExpression> {
  try {
    await engine.prepare(`SELECT _seq FROM ${tables.input} WHERE coalesce(${filter.sql}, false)`);
    return filter;
  } catch (error) {
    const problem = "its values are not true or false, so it is not a condition";
    throw new Flaw("filter", problem, filter.columns, error);
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
  const read = nodes.filter((node) => node.class === "COLUMN_REF").flatMap(lastName);
  const parameters = lambdaParameters(nodes);
  const columns = read.filter((name) => !parameters.has(name.toLowerCase()) || includes(sources, name));
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
    const problem = (await aggregateProblem(engine, column, nodes)) ?? bindingProblem(error, nodes, sources);
    throw new Flaw(column, problem, sources, error);
  }
  return { sql, tryable: false, windowed, columns };
}

async function checkAggregate(
  engine: Engine,
  plan: LoadPlan,
  column: string,
  aggregate: string,
  sources: readonly string[],
): Promise<void> {
  const nodes = await parsed(engine, column, aggregate, sources);
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
    throw new Flaw(column, bindingProblem(error, nodes, sources), sources, error);
  }
}

/** Says where aggregates belong, if the expression of a column or the filter holds one. */
async function aggregateProblem(
  engine: Engine,
  column: string,
  nodes: readonly Node[],
): Promise<string | undefined> {
  const names = nodes.filter((node) => node.class === "FUNCTION").map(functionName);
  if (names.length === 0) return undefined;
  const [found] = await engine.rows<{ name: string }>(`
    SELECT function_name AS name
    FROM duckdb_functions()
    WHERE function_name IN (${names.map(quoteLiteral).join(", ")})
    GROUP BY function_name
    HAVING bool_and(function_type = 'aggregate')
  `);
  if (found === undefined) return undefined;
  const place = column === "filter" ? "and a filter sees one row" : "which belongs in collapse";
  return `${found.name} is an aggregate, ${place}`;
}

/** What DuckDB's binder found, in terms of the source's columns. */
function bindingProblem(error: unknown, nodes: readonly Node[], sources: readonly string[]): string {
  const reason = reasonOf(error);
  const tableFunction = /^Function "(\w+)" is a table function/.exec(reason)?.[1];
  if (tableFunction !== undefined) return `${tableFunction} makes rows, and an expression makes one value`;
  if (!/^Referenced column /.test(reason)) return reason;
  const parameters = lambdaParameters(nodes);
  const unknown = nodes
    .filter((node) => node.class === "COLUMN_REF")
    .flatMap(lastName)
    .filter((name) => !includes([...sources, ...places], name) && !parameters.has(name.toLowerCase()));
  // DuckDB knows better, for example about words such as current_date.
  if (unknown.length === 0) return reason;
  return [...new Set(unknown)]
    .map((name) => {
      const hint = didYouMean(name, sources) ?? `a text needs quotes within quotes: "'${name}'"`;
      return `there is no column ${name} (${hint})`;
    })
    .join(", and ");
}

const places = ["_file", "_record"];
/** In parentheses, and on a line of its own because a comment may end it. */
export const embedded = (expression: string): string => `(\n${expression}\n)`;

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
  const starts = ["SELECT (\n", "SELECT [\n"] as const;
  const [inParentheses, inBrackets] = await Promise.all([
    parse(engine, `${starts[0]}${expression}\n)`),
    parse(engine, `${starts[1]}${expression}\n]`),
  ]);
  // The first error is the user's; a later one may only be about the bracket that an earlier one closed.
  const [failed] = [inParentheses, inBrackets]
    .filter(({ error_message }) => error_message !== undefined)
    .sort((one, other) => Number(one.position) - Number(other.position));
  if (failed !== undefined) {
    const end = Buffer.byteLength(`${starts[0]}${expression}`);
    throw new Flaw(column, syntaxProblem(failed, end), sources);
  }
  const list = inBrackets.statements?.[0]?.node;
  const single =
    inBrackets.statements?.length === 1 &&
    list?.from_table?.type === "EMPTY" &&
    list.select_list?.length === 1 &&
    list.select_list[0]?.function_name === "list_value" &&
    list.select_list[0]?.children?.length === 1;
  if (!single) throw new Flaw(column, "it is more than one expression", sources);
  const nodes = nodesOf(list?.select_list?.[0]?.children?.[0]);
  const problem = refusal(nodes, sources);
  if (problem !== undefined) throw new Flaw(column, problem, sources);
  return nodes;
}

/** What the parser found; an error at our own bracket is about the end of the expression. */
function syntaxProblem({ error_message = "", position }: Tree, end: number): string {
  if (/unterminated quoted/.test(error_message)) return "a quote is never closed";
  if (/unterminated .*comment/.test(error_message)) return "a comment is never closed";
  const atEnd = /at end of input/.test(error_message) || Number(position) >= end;
  return atEnd
    ? "it ends too early: a bracket is never closed, or something is missing"
    : trimmed(error_message);
}

interface Tree {
  readonly error_message?: string;
  /** Where the error is, in bytes. */
  readonly position?: string;
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

/** The first names of a list, and how many more there are. */
function listed(names: readonly string[], shown: number): string {
  const more = names.length - shown;
  return names.slice(0, shown).join(", ") + (more > 0 ? ` and ${more} more` : "");
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
