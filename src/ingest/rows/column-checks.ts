import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { castOf, codeOf, failureOf, tables, textOf } from "../engine-tables.ts";
import type { PlannedColumn } from "../load-plan.ts";
import { messageOf } from "../reject-messages.ts";
import { castToKey, isSurrogateKey, ruleOf } from "./column-rules.ts";

/** A column whose values are made from texts. */
export interface ValidatedColumn {
  readonly column: PlannedColumn;
  /** The value may be empty here, whatever the table says. */
  readonly optional: boolean;
  /** The values are to be aggregated: they have a wider type, and the limits of the column do not apply yet. */
  readonly collapsing: boolean;
  /** Each row has a flag that says whether the expression failed for it. */
  readonly failable: boolean;
}

/**
 * SQL of the values of a relation of texts: for each column its value (in place of a surrogate key, the natural key), the
 * code of what is wrong with it (`"quantity!"`) and the text in that case (`"quantity?"`). The columns of `carried` stay as
 * they are. Nothing is joined, so that rows stay in their order.
 */
export function validatedRows(
  from: string,
  columns: readonly ValidatedColumn[],
  carried: readonly string[],
): string {
  const texts = columns.flatMap(({ column: { input }, failable }) =>
    failable ? [textOf(input), failureOf(input)] : [textOf(input)],
  );
  const casts = columns.flatMap((validated) => {
    const sql = rule(validated).cast?.(readableText(validated));
    return sql === undefined ? [] : `${sql} AS ${castOf(validated.column.input)}`;
  });
  const values = columns.map((validated) => {
    const { input } = validated.column;
    return `${rule(validated).value(readableText(validated), castOf(input))} AS ${quoteIdentifier(input)}`;
  });
  const codes = columns.map((validated) => `${codeSql(validated)} AS ${codeOf(validated.column.input)}`);
  const results = columns.flatMap(({ column: { input, derived } }) => {
    const [value, text, code] = [quoteIdentifier(input), textOf(input), codeOf(input)];
    return [
      derived === undefined ? value : `coalesce(${value}, ${derived}) AS ${value}`,
      code,
      `CASE WHEN ${code} IS NOT NULL THEN left(${text}, 200) END AS ${text}`,
    ];
  });
  // Steps on top of one another, so that each text is cast once.
  const cast = `SELECT ${[...carried, ...texts, ...casts].join(", ")} FROM (${from}) AS mapped`;
  const typed = `SELECT ${[...carried, ...texts, ...values].join(", ")} FROM (${cast}) AS cast_text`;
  const coded = `SELECT *, ${codes.join(", ")} FROM (${typed}) AS typed`;
  return `SELECT ${[...carried, ...results].join(", ")} FROM (${coded}) AS coded`;
}

/** SQL of whether {@link validatedRows} finds nothing wrong with a row. */
export function validity(columns: readonly ValidatedColumn[]): string {
  return columns.map(({ column }) => `${codeOf(column.input)} IS NULL`).join(" AND ");
}

/** Rejects the rows of a table that {@link validatedRows} made and found something wrong with. */
export async function rejectInvalidValues(
  engine: Engine,
  table: string,
  columns: readonly ValidatedColumn[],
): Promise<void> {
  const invalid = columns.map(({ column }) => `count(${codeOf(column.input)}) AS ${codeOf(column.input)}`);
  const [counts] = await engine.rows<Record<string, number>>(`SELECT ${invalid.join(", ")} FROM ${table}`);
  for (const [index, { column, collapsing }] of columns.entries()) {
    if (counts?.[`${column.input}!`] === 0) continue;
    const code = codeOf(column.input);
    await engine.run(`
      INSERT INTO ${tables.rejectReason}
      SELECT _seq, NULL, NULL, ${index + 1}, ${quoteLiteral(column.input)}, ${code}, ${textOf(column.input)},
        ${messageOf(code, ruleOf(column, collapsing).messages)}
      FROM ${table}
      WHERE ${code} IS NOT NULL
    `);
  }
}

const rule = ({ column, collapsing }: ValidatedColumn) => ruleOf(column, collapsing);

/** SQL of the text, NULL if it is only what a failed expression read. */
const readableText = ({ column: { input }, failable }: ValidatedColumn) =>
  failable ? `CASE WHEN NOT ${failureOf(input)} THEN ${textOf(input)} END` : textOf(input);

function codeSql({ column, optional, collapsing, failable }: ValidatedColumn): string {
  const [text, value] = [textOf(column.input), quoteIdentifier(column.input)];
  const mayBeEmpty = optional || column.nullable || column.derived !== undefined;
  const { reference } = column;
  const key = reference === undefined || isSurrogateKey(column) ? undefined : castToKey(text, reference);
  return `
    CASE
      ${failable ? `WHEN ${failureOf(column.input)} THEN 'EXPRESSION_FAILED'` : ""}
      WHEN ${text} IS NULL THEN ${mayBeEmpty ? "NULL" : "'VALUE_MISSING'"}
      WHEN ${value} IS NULL THEN ${ruleOf(column, collapsing).code(text, value)}
      ${key === undefined ? "" : `WHEN ${key} IS NULL THEN ${quoteLiteral(reference?.fault ?? "")}`}
    END`;
}
