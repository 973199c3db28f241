import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import type { PlannedColumn } from "../load-plan.ts";
import { messageOf } from "../reject-messages.ts";
import { asKey, castOf, failureOf, faultOf, isLookedUp, ruleOf, textOf } from "./column-rules.ts";

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
 * SQL of what becomes of the texts of a table: for each column its value (for an id, the natural key), what is wrong with it
 * (`"quantity!"`, a code or NULL) and then the text (`"quantity?"`). `carried` columns stay. Nothing is joined: rows stay in
 * their order.
 */
export function validation(
  from: string,
  columns: readonly ValidatedColumn[],
  carried: readonly string[],
): string {
  const texts = columns.flatMap(({ column: { input }, failable }) =>
    failable ? [textOf(input), failureOf(input)] : [textOf(input)],
  );
  const casts = columns.flatMap((validated) => {
    const sql = rule(validated).cast?.(readable(validated));
    return sql === undefined ? [] : `${sql} AS ${castOf(validated.column.input)}`;
  });
  const values = columns.map((validated) => {
    const { input } = validated.column;
    return `${rule(validated).value(readable(validated), castOf(input))} AS ${quoteIdentifier(input)}`;
  });
  const faults = columns.map((validated) => `${faultSql(validated)} AS ${faultOf(validated.column.input)}`);
  const results = columns.flatMap(({ column: { input, derived } }) => {
    const [value, text, fault] = [quoteIdentifier(input), textOf(input), faultOf(input)];
    return [
      derived === undefined ? value : `coalesce(${value}, ${derived}) AS ${value}`,
      fault,
      `CASE WHEN ${fault} IS NOT NULL THEN left(${text}, 200) END AS ${text}`,
    ];
  });
  // Steps on top of one another, so that each text is cast once.
  const cast = `SELECT ${[...carried, ...texts, ...casts].join(", ")} FROM (${from}) AS mapped`;
  const typed = `SELECT ${[...carried, ...texts, ...values].join(", ")} FROM (${cast}) AS read`;
  const judged = `SELECT *, ${faults.join(", ")} FROM (${typed}) AS typed`;
  return `SELECT ${[...carried, ...results].join(", ")} FROM (${judged}) AS judged`;
}

/** SQL of whether {@link validation} finds nothing wrong with a row. */
export function soundness(columns: readonly ValidatedColumn[]): string {
  return columns.map(({ column }) => `${faultOf(column.input)} IS NULL`).join(" AND ");
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

const rule = ({ column, collapsing }: ValidatedColumn) => ruleOf(column, collapsing);

/** The text, unless it stands for what an expression failed with. */
const readable = ({ column: { input }, failable }: ValidatedColumn) =>
  failable ? `CASE WHEN NOT ${failureOf(input)} THEN ${textOf(input)} END` : textOf(input);

function faultSql({ column, optional, collapsing, failable }: ValidatedColumn): string {
  const [text, value] = [textOf(column.input), quoteIdentifier(column.input)];
  const mayBeEmpty = optional || column.nullable || column.derived !== undefined;
  const { reference } = column;
  const known = reference === undefined || isLookedUp(column) ? undefined : asKey(text, reference);
  return `
    CASE
      ${failable ? `WHEN ${failureOf(column.input)} THEN 'EXPRESSION_FAILED'` : ""}
      WHEN ${text} IS NULL THEN ${mayBeEmpty ? "NULL" : "'VALUE_MISSING'"}
      WHEN ${value} IS NULL THEN ${ruleOf(column, collapsing).fault(text, value)}
      ${known === undefined ? "" : `WHEN ${known} IS NULL THEN ${quoteLiteral(reference?.fault ?? "")}`}
    END`;
}
