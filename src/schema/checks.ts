import { getTableColumns } from "drizzle-orm";
import { toSnakeCase } from "drizzle-orm/casing";
import { getTableConfig, PgDialect, type PgTable } from "drizzle-orm/pg-core";

/** A CHECK of a table in the text of the model, without table qualifiers and quotes: `quantity >= 0`. */
export interface Check {
  readonly name: string;
  readonly sql: string;
  /** The database columns that the check refers to. */
  readonly columns: readonly string[];
}

const dialect = new PgDialect({ casing: "snake_case" });

/** The CHECKs of a table, in the order of the model. Their text is valid in PostgreSQL and in DuckDB. */
export function checksOf(table: PgTable): Check[] {
  const names = Object.keys(getTableColumns(table)).map(toSnakeCase);
  return getTableConfig(table).checks.map((check) => {
    const sql = dialect.sqlToQuery(check.value).sql.replaceAll(/"\w+"\."(\w+)"/g, "$1");
    const words = new Set(sql.match(/[a-z_]+/g));
    return { name: check.name, sql, columns: names.filter((name) => words.has(name)) };
  });
}

/**
 * The predicate of a CHECK on one column, as a function of the value of the column. The CHECK may consist of comparisons with
 * numbers, IS NULL, AND, OR and parentheses. Decimals may be strings. As in SQL, a comparison with null is unknown, and unknown
 * passes.
 *
 * @returns undefined for a CHECK outside this grammar or on several columns
 */
export function predicateOf(
  check: Check,
): ((value: string | number | null | undefined) => boolean) | undefined {
  const [column, ...others] = check.columns;
  if (column === undefined || others.length > 0) return undefined;
  const tokens = check.sql.match(/[()]|[<>=!]+|-?\d+(?:\.\d+)?|[A-Za-z_]+/g) ?? [];
  const parsed = disjunction(tokens, column);
  if (parsed === undefined || tokens.length > 0) return undefined;
  return (value) => parsed(value === null || value === undefined ? null : Number(value)) !== false;
}

/** Three-valued: null is the unknown of SQL. */
type Truth = boolean | null;
type Predicate = (value: number | null) => Truth;

function disjunction(tokens: string[], column: string): Predicate | undefined {
  return chain(tokens, column, "OR", conjunction, (a, b) =>
    a === true || b === true ? true : a === null || b === null ? null : false,
  );
}

function conjunction(tokens: string[], column: string): Predicate | undefined {
  return chain(tokens, column, "AND", term, (a, b) =>
    a === false || b === false ? false : a === null || b === null ? null : true,
  );
}

function chain(
  tokens: string[],
  column: string,
  word: string,
  operand: (tokens: string[], column: string) => Predicate | undefined,
  combine: (a: Truth, b: Truth) => Truth,
): Predicate | undefined {
  let left = operand(tokens, column);
  while (left !== undefined && tokens[0] === word) {
    tokens.shift();
    const [a, b] = [left, operand(tokens, column)];
    left = b === undefined ? undefined : (value) => combine(a(value), b(value));
  }
  return left;
}

function term(tokens: string[], column: string): Predicate | undefined {
  const first = tokens.shift();
  if (first === "(") {
    const inner = disjunction(tokens, column);
    return tokens.shift() === ")" ? inner : undefined;
  }
  if (first !== column) return undefined;
  const operator = tokens.shift();
  if (operator === "IS") return tokens.shift() === "NULL" ? (value) => value === null : undefined;
  const bound = Number(tokens.shift());
  const compare = operator === undefined ? undefined : comparisons[operator];
  if (compare === undefined || Number.isNaN(bound)) return undefined;
  return (value) => (value === null ? null : compare(value, bound));
}

const comparisons: Record<string, (a: number, b: number) => boolean> = {
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  "=": (a, b) => a === b,
  "<>": (a, b) => a !== b,
};
