import { quoteLiteral } from "../../database/identifiers.ts";
import type { RejectCode } from "../../errors.ts";
import { contractOf, type Reference } from "../../schema/contracts.ts";
import { tables } from "../engine-tables.ts";
import type { PlannedColumn } from "../load-plan.ts";
import { defaultMessage } from "../reject-messages.ts";

/*
 * What a text must look like to become a value of a column, as SQL for DuckDB. DuckDB's casts accept more than a warehouse
 * should ('1_000', ' 5 ' or '5.7' for an integer; '2024-1-5' for a date; 1.005 rounded to 1.01). So each is guarded by the
 * form of the text. If the cast value, written as text, equals the text, the form is right: that test is cheaper and comes
 * first.
 */

/** SQL of the value of a text, NULL if it has none, and of the code of what is wrong with such a text. */
export interface Rule {
  /** DuckDB's own cast of the text, if the value is made from it. */
  readonly cast?: (text: string) => string;
  readonly value: (text: string, cast: string) => string;
  readonly code: (text: string, value: string) => string;
  /** The sentence of each code that this rule may give. */
  readonly messages: Partial<Record<RejectCode, string>>;
}

/** Whether a column of the table holds a surrogate key; while rows are validated, the natural key is in its place. */
export const isSurrogateKey = <Column extends PlannedColumn>(
  column: Column,
): column is Column & { readonly reference: Reference } =>
  column.reference !== undefined && column.reference.key !== column.reference.id;

/** SQL of a text as a natural key of a dimension, the ENUM of all its keys; NULL if it is not one of them. */
export const castToKey = (text: string, { dimension }: Reference) =>
  `TRY_CAST(${text} AS ${tables.naturalKey(dimension)})`;

/** A text that the dimension cannot hold is no unknown key: it could not be added either. */
const keyRule = (reference: Reference): Rule => {
  const { dimension, key, fault } = reference;
  const maxLength = contractOf(dimension).columns.find(({ name }) => name === key)?.maxLength ?? 0;
  const { code, messages } = text(maxLength);
  return {
    cast: (x) => castToKey(x, reference),
    value: (_, cast) => cast,
    code: (x, value) => `
      CASE
        WHEN length(${x}) > ${maxLength} OR contains(${x}, chr(0)) THEN ${code(x, value)}
        ELSE ${quoteLiteral(fault)}
      END`,
    messages,
  };
};

/** The rule of a column. When `collapsing`, its values are to be aggregated, and its limits apply to the result only. */
export function ruleOf(column: PlannedColumn, collapsing = false): Rule {
  if (isSurrogateKey(column)) return keyRule(column.reference);
  const scale = collapsing ? collapsedScale : (column.scale ?? 0);
  const precision = collapsing ? collapsedPrecision : (column.precision ?? 0);
  switch (column.kind) {
    case "integer":
      return integer(collapsing ? "BIGINT" : "INTEGER");
    case "numeric":
      return numeric(precision, scale);
    case "date":
      return date;
    case "boolean":
      return boolean;
    case "text":
      return collapsing ? anyText : text(column.maxLength ?? 0);
  }
}

/** Wide enough for sums of any column. */
const [collapsedPrecision, collapsedScale] = [38, 10];

/** The type of a column for the aggregates of `collapse`. */
export function collapseType(column: PlannedColumn): string {
  if (isSurrogateKey(column)) return "VARCHAR";
  const decimal = (precision: number, scale: number) => `DECIMAL(${precision}, ${scale})`;
  switch (column.kind) {
    case "integer":
      return "BIGINT";
    case "numeric":
      return decimal(collapsedPrecision, collapsedScale);
    case "text":
      return "VARCHAR";
    default:
      return column.kind.toUpperCase();
  }
}

/** SQL of the cast value of a text, NULL unless the text is written as the value is or has the form. */
const guarded = (text: string, cast: string, form: string) => `
  CASE
    WHEN CAST(${cast} AS VARCHAR) = ${text} THEN ${cast}
    WHEN regexp_full_match(${text}, '${form}') THEN ${cast}
  END`;

const integer = (type: "INTEGER" | "BIGINT"): Rule => {
  const form = "-?[0-9]+(\\.0+)?";
  const bound = type === "INTEGER" ? "2147483647" : "9223372036854775807";
  return {
    cast: (x) => `TRY_CAST(${x} AS ${type})`,
    value: (x, cast) => guarded(x, cast, form),
    code: (x) =>
      `CASE WHEN regexp_full_match(${x}, '${form}') THEN 'NUMBER_OUT_OF_RANGE' ELSE 'INTEGER_INVALID' END`,
    messages: {
      INTEGER_INVALID: "not a whole number in plain digits",
      NUMBER_OUT_OF_RANGE: `not between -${bound} and ${bound}`,
    },
  };
};

const numeric = (precision: number, scale: number): Rule => {
  const plain = "-?([0-9]+(\\.[0-9]+)?|\\.[0-9]+)";
  const fraction = scale === 0 ? "0+" : `[0-9]{1,${scale}}0*`;
  const fitting = `-?([0-9]+(\\.${fraction})?|\\.${fraction})`;
  return {
    cast: (x) => `TRY_CAST(${x} AS DECIMAL(${precision}, ${scale}))`,
    value: (x, cast) => guarded(x, cast, fitting),
    code: (x) => `
      CASE
        WHEN NOT regexp_full_match(${x}, '${plain}') THEN 'NUMBER_INVALID'
        WHEN regexp_full_match(${x}, '${fitting}') THEN 'NUMBER_OUT_OF_RANGE'
        ELSE 'NUMBER_TOO_PRECISE'
      END`,
    messages: {
      NUMBER_INVALID: "not a number in plain digits with a decimal point",
      NUMBER_OUT_OF_RANGE: `more than ${precision - scale} digits before the point`,
      NUMBER_TOO_PRECISE: `more than ${scale} decimals; a mapping may round it`,
    },
  };
};

/** Only the canonical spelling equals its cast value written as text; `infinity` does too, but is shorter. */
const date: Rule = {
  cast: (x) => `TRY_CAST(${x} AS DATE)`,
  value: (x, cast) => `CASE WHEN strlen(${x}) = 10 AND CAST(${cast} AS VARCHAR) = ${x} THEN ${cast} END`,
  code: () => "'DATE_INVALID'",
  messages: { DATE_INVALID: "not a date of the calendar written YYYY-MM-DD" },
};

const boolean: Rule = {
  value: (x) => `
    CASE
      WHEN lower(${x}) IN ('true', 't', 'yes', 'y', 'on', '1') THEN true
      WHEN lower(${x}) IN ('false', 'f', 'no', 'n', 'off', '0') THEN false
    END`,
  code: () => "'BOOLEAN_INVALID'",
  messages: { BOOLEAN_INVALID: "not true or false" },
};

const anyText: Rule = { value: (x) => x, code: () => "NULL", messages: {} };

const text = (maxLength: number): Rule => ({
  value: (x) => `CASE WHEN length(${x}) <= ${maxLength} AND NOT contains(${x}, chr(0)) THEN ${x} END`,
  code: (x) => `CASE WHEN length(${x}) > ${maxLength} THEN 'TEXT_TOO_LONG' ELSE 'TEXT_INVALID' END`,
  messages: {
    TEXT_TOO_LONG: `longer than ${maxLength} characters`,
    TEXT_INVALID: defaultMessage("TEXT_INVALID"),
  },
});
