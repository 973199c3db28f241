import { getTableColumns } from "drizzle-orm";
import { toSnakeCase } from "drizzle-orm/casing";
import { getTableConfig, PgDialect, type PgTable } from "drizzle-orm/pg-core";

/** A CHECK of a table as the model states it, free of table qualifiers and quotes: `quantity >= 0`. */
export interface Check {
  readonly name: string;
  readonly sql: string;
  /** Database columns the check speaks of. */
  readonly columns: readonly string[];
}

const dialect = new PgDialect({ casing: "snake_case" });

/** The CHECKs of a table, in the model's order. The text is plain enough to run in PostgreSQL and DuckDB alike. */
export function checksOf(table: PgTable): Check[] {
  const names = Object.keys(getTableColumns(table)).map(toSnakeCase);
  return getTableConfig(table).checks.map((check) => {
    const sql = dialect.sqlToQuery(check.value).sql.replaceAll(/"\w+"\."(\w+)"/g, "$1");
    const words = new Set(sql.match(/[a-z_]+/g));
    return { name: check.name, sql, columns: names.filter((name) => words.has(name)) };
  });
}

/**
 * Compiles a one-column CHECK made of comparisons with numbers, IS NULL, AND, OR and parentheses into a predicate
 * over the column's value (decimals may be strings). As in SQL, a comparison with null is unknown, and unknown
 * passes. Returns undefined for a CHECK outside this grammar or about several columns.
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

/** Three-valued: null is SQL's unknown. */
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
