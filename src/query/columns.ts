import type { ResultField } from "../database/row-stream.ts";

/** How a value is written in JSON and aligned in a table. */
export type ValueKind = "number" | "decimal" | "boolean" | "json" | "text";

/** A column of a query's result. */
export interface QueryColumn {
  readonly name: string;
  /** As PostgreSQL spells it, such as `numeric(12,2)`; `text` for types that are not listed in docs/query.md. */
  readonly type: string;
  /** `number`: JSON numbers. `decimal`: exact numbers, which are text in JSON. */
  readonly kind: ValueKind;
  /** The type in a Parquet file, as DuckDB spells it; undefined for a decimal without precision and scale. */
  readonly parquet: string | undefined;
}

export function columnOf({ name, typeId, typeModifier }: ResultField): QueryColumn {
  if (typeId === numericId) return { name, ...numeric(typeModifier) };
  const [type, kind, parquet] = types[typeId] ?? ["text", "text", "VARCHAR"];
  return { name, type, kind, parquet };
}

const numericId = 1700;

/** Precision and scale are the upper and lower half of the modifier, after its header of 4. */
function numeric(modifier: number): Omit<QueryColumn, "name"> {
  if (modifier < 4) return { type: "numeric", kind: "decimal", parquet: undefined };
  const precision = ((modifier - 4) >> 16) & 0xffff;
  // 11 bits with a sign.
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  const storable = precision <= 38 && scale >= 0 && scale <= precision;
  return {
    type: `numeric(${precision},${scale})`,
    kind: "decimal",
    parquet: storable ? `DECIMAL(${precision},${scale})` : undefined,
  };
}

/** By object id, which is the same on every server for types that are built in. */
const types: Readonly<Record<number, readonly [type: string, kind: ValueKind, parquet: string]>> = {
  16: ["boolean", "boolean", "BOOLEAN"],
  20: ["bigint", "decimal", "BIGINT"],
  21: ["smallint", "number", "SMALLINT"],
  23: ["integer", "number", "INTEGER"],
  26: ["oid", "number", "BIGINT"],
  114: ["json", "json", "VARCHAR"],
  700: ["real", "number", "FLOAT"],
  701: ["double precision", "number", "DOUBLE"],
  1082: ["date", "text", "DATE"],
  1083: ["time", "text", "TIME"],
  1114: ["timestamp", "text", "TIMESTAMP"],
  1184: ["timestamptz", "text", "TIMESTAMP WITH TIME ZONE"],
  2950: ["uuid", "text", "UUID"],
  3802: ["jsonb", "json", "VARCHAR"],
};
