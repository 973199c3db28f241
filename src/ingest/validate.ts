import { quoteIdentifier, quoteLiteral } from "../database/identifiers.ts";
import type { Engine } from "./engine.ts";
import { messageOf } from "./messages.ts";
import type { PlannedColumn } from "./plan.ts";
import { failureOf, faultOf, ruleOf, textOf } from "./rules.ts";

/** A column to be made from text. */
export interface ValidatedColumn {
  readonly column: PlannedColumn;
  /** The value may be empty here, whatever the table says. */
  readonly optional: boolean;
  /** The values are about to be folded: wider types, no limits. */
  readonly collapsing: boolean;
  /** A failure of its expression travels with it. */
  readonly failable: boolean;
}

/**
 * SQL of what becomes of the texts of a table: for each column its value (an id beside its natural key), what is wrong with
 * it (`"quantity!"`, a code or NULL) and then the text (`"quantity?"`). `_seq` and `carried` columns stay.
 */
export function validation(
  from: string,
  columns: readonly ValidatedColumn[],
  carried: string[] = [],
): string {
  const kept = ["_seq", ...carried];
  const typed = columns.flatMap(({ column, collapsing, failable }) => {
    const text = textOf(column.input);
    const readable = failable ? `CASE WHEN NOT ${failureOf(column.input)} THEN ${text} END` : text;
    const value = `${ruleOf(column, collapsing).value(readable)} AS ${quoteIdentifier(column.input)}`;
    return failable ? [text, failureOf(column.input), value] : [text, value];
  });
  const judged = columns.map((validated) => `${faultSql(validated)} AS ${faultOf(validated.column.input)}`);
  const values = columns.flatMap(({ column }) => {
    const [name, fault] = [quoteIdentifier(column.column), faultOf(column.input)];
    return [
      ...(isLookedUp(column)
        ? [`${idOf(column)} AS ${name}`, quoteIdentifier(column.input)]
        : [derivedOr(column)]),
      fault,
      `CASE WHEN ${fault} IS NOT NULL THEN left(${textOf(column.input)}, 200) END AS ${textOf(column.input)}`,
    ];
  });
  return `
    WITH typed AS (
      SELECT ${[...kept, ...typed].join(", ")} FROM ${from}
    ), judged AS (
      SELECT typed.*, ${[...columns.flatMap(ids), ...judged].join(", ")}
      FROM typed ${columns.map(lookup).join(" ")}
    )
    SELECT ${[...kept, ...values].join(", ")} FROM judged
  `;
}

/** Puts what {@link validation} found wrong into `fault`. */
export async function recordFaults(
  engine: Engine,
  table: string,
  columns: readonly ValidatedColumn[],
): Promise<void> {
  const counts = columns.map(({ column }) => `count(${faultOf(column.input)}) AS ${faultOf(column.input)}`);
  const [found] = await engine.rows<Record<string, number>>(`SELECT ${counts.join(", ")} FROM ${table}`);
  for (const [index, { column, collapsing }] of columns.entries()) {
    if (found?.[`${column.input}!`] === 0) continue;
    const fault = faultOf(column.input);
    await engine.run(`
      INSERT INTO fault
      SELECT _seq, NULL, NULL, ${index + 1}, ${quoteLiteral(column.input)}, ${fault}, ${textOf(column.input)},
        ${messageOf(fault, ruleOf(column, collapsing).messages)}
      FROM ${table}
      WHERE ${fault} IS NOT NULL
    `);
  }
}

function faultSql({ column, optional, collapsing, failable }: ValidatedColumn): string {
  const [text, value] = [`typed.${textOf(column.input)}`, `typed.${quoteIdentifier(column.input)}`];
  const mayBeEmpty = optional || column.nullable || column.derived !== undefined;
  const { reference } = column;
  return `
    CASE
      ${failable ? `WHEN ${failureOf(column.input)} THEN 'EXPRESSION_FAILED'` : ""}
      WHEN ${text} IS NULL THEN ${mayBeEmpty ? "NULL" : "'VALUE_MISSING'"}
      WHEN ${value} IS NULL THEN ${ruleOf(column, collapsing).fault(text, value)}
      ${reference === undefined ? "" : `WHEN ${idOf(column)} IS NULL THEN '${reference.fault}'`}
    END`;
}

/** An id in place of the natural key; a date is its own. */
const isLookedUp = ({ reference }: PlannedColumn) =>
  reference !== undefined && reference.key !== reference.id;

const idOf = (column: PlannedColumn) => quoteIdentifier(`${column.column}#`);

const ids = ({ column }: ValidatedColumn): string[] =>
  column.reference === undefined ? [] : [`${column.reference.dimension}.id AS ${idOf(column)}`];

const lookup = ({ column: { input, reference } }: ValidatedColumn) =>
  reference === undefined
    ? ""
    : `LEFT JOIN dimension_${reference.dimension} AS ${reference.dimension}
         ON ${reference.dimension}.key = typed.${quoteIdentifier(input)}`;

function derivedOr({ input, column, derived }: PlannedColumn): string {
  if (derived === undefined) return `${quoteIdentifier(input)} AS ${quoteIdentifier(column)}`;
  return `coalesce(${quoteIdentifier(input)}, ${derived}) AS ${quoteIdentifier(column)}`;
}
