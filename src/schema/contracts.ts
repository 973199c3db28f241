import { getTableColumns } from "drizzle-orm";
import { toSnakeCase } from "drizzle-orm/casing";
import { type AnyPgColumn, getTableConfig } from "drizzle-orm/pg-core";
import { fail } from "../errors.ts";
import { type Check, checksOf } from "./checks.ts";
import { type TableName, tableNames, tables } from "./tables.ts";

/* What a load has to know about each table, derived from the model where possible. */

export type ColumnKind = "text" | "integer" | "numeric" | "date" | "boolean";

/** A column that a load may write. Ids, timestamps and generated columns are not among them. */
export interface ContractColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** The type in PostgreSQL's spelling: `varchar(20)`, `numeric(10, 2)`. */
  readonly sqlType: string;
  readonly maxLength?: number;
  readonly precision?: number;
  readonly scale?: number;
  /** Whether it is NOT NULL, has no default and is not derived. */
  readonly required: boolean;
  readonly nullable: boolean;
}

/** A foreign key to a dimension. `store_id` is looked up by the natural key: `store_code` = `store.code`. */
export interface Reference {
  readonly column: string;
  /** The name of the natural key in files and mappings. */
  readonly input: string;
  readonly dimension: "store" | "product" | "calendar";
  /** The column of the natural key in the dimension. */
  readonly key: string;
  /** The column of the surrogate key in the dimension. */
  readonly id: string;
  /** Whether NULL is allowed and means the whole chain. */
  readonly nullable: boolean;
  readonly fault: "UNKNOWN_STORE" | "UNKNOWN_PRODUCT" | "UNKNOWN_DATE";
}

/** What a load has to know about a table. */
export interface TableContract {
  readonly name: TableName;
  /** The columns that identify a row of the table. NULLs in them count as equal. */
  readonly grain: readonly string[];
  /** The grain with natural keys in place of ids, as in files and mappings. */
  readonly inputGrain: readonly string[];
  readonly columns: readonly ContractColumn[];
  readonly references: readonly Reference[];
  readonly checks: readonly Check[];
  /** The column whose month determines the partition; undefined if the table has no partitions. */
  readonly partitionedBy?: "date";
  /** The measures that add up over rows of one grain; undefined if there are none. */
  readonly additive?: Additive;
  /** The expressions of columns that are computed if a file does not contain them; valid in PostgreSQL and in DuckDB. */
  readonly derived: Readonly<Record<string, string>>;
}

/** How rows of one grain are added up. */
export interface Additive {
  readonly measures: readonly string[];
  /** A column that is the ratio of two measures. */
  readonly ratio?: { readonly column: string; readonly of: string; readonly per: string };
}

const grains: Record<TableName, readonly string[]> = {
  store: ["code"],
  product: ["sku"],
  calendar: ["date"],
  sales_daily: ["date", "store_id", "product_id"],
  price_history: ["product_id", "store_id", "valid_from"],
  promotion: ["product_id", "store_id", "name", "start_date"],
  inventory_snapshot_daily: ["date", "store_id", "product_id"],
  sales_txn: ["date", "store_id", "txn_id", "line_no"],
  weather_daily: ["date", "store_id"],
  traffic_daily: ["date", "store_id"],
};

const partitioned: ReadonlySet<TableName> = new Set(["sales_daily", "inventory_snapshot_daily", "sales_txn"]);

const sales: Additive = {
  measures: ["quantity", "total_amount"],
  ratio: { column: "unit_price", of: "total_amount", per: "quantity" },
};

const additive: Partial<Record<TableName, Additive>> = {
  sales_daily: sales,
  sales_txn: sales,
  inventory_snapshot_daily: { measures: ["on_hand_qty", "on_order_qty"] },
  traffic_daily: { measures: ["visitors"] },
};

const derivations: Partial<Record<TableName, Record<string, string>>> = {
  calendar: {
    day_of_week: "EXTRACT(ISODOW FROM date) - 1",
    month: "EXTRACT(MONTH FROM date)",
    quarter: "EXTRACT(QUARTER FROM date)",
    year: "EXTRACT(YEAR FROM date)",
  },
};

const naturalKeys = {
  store: { input: "store_code", key: "code", id: "id", fault: "UNKNOWN_STORE" },
  product: { input: "sku", key: "sku", id: "id", fault: "UNKNOWN_PRODUCT" },
  calendar: { input: "date", key: "date", id: "date", fault: "UNKNOWN_DATE" },
} as const;

/**
 * The contract of a table: its columns in their order, its grain, the dimensions it refers to, and its rules.
 *
 * @throws TABLE_UNKNOWN
 *
 * @example
 * import { contractOf } from "forecastlab";
 *
 * console.log(contractOf("sales_daily").inputGrain); // [ 'date', 'store_code', 'sku' ]
 */
export function contractOf(name: TableName): TableContract {
  if (!tableNames.includes(name)) {
    throw fail("TABLE_UNKNOWN", { table: String(name), valid: tableNames.join(", ") });
  }
  const table = tables[name];
  const derived = derivations[name] ?? {};
  const columns = Object.entries(getTableColumns(table) as Record<string, AnyPgColumn>)
    .map(([key, column]) => ({ name: toSnakeCase(key), column }))
    .filter(({ name, column }) => name !== "id" && !name.endsWith("ed_at") && column.generated === undefined)
    .map(({ name, column }) => contractColumn(name, column, name in derived));
  const references = getTableConfig(table).foreignKeys.map((key): Reference => {
    const { columns: own, foreignTable } = key.reference();
    const dimension = getTableConfig(foreignTable).name as Reference["dimension"];
    const column = toSnakeCase(own[0]?.name ?? "");
    return { column, dimension, ...naturalKeys[dimension], nullable: own[0]?.notNull === false };
  });
  const inputs = new Map(references.map((reference) => [reference.column, reference.input]));
  return {
    name,
    grain: grains[name],
    inputGrain: grains[name].map((column) => inputs.get(column) ?? column),
    columns,
    references,
    checks: checksOf(table),
    ...(additive[name] === undefined ? {} : { additive: additive[name] }),
    ...(partitioned.has(name) ? { partitionedBy: "date" as const } : {}),
    derived,
  };
}

function contractColumn(name: string, column: AnyPgColumn, isDerived: boolean): ContractColumn {
  const { length, precision, scale } = column as { length?: number; precision?: number; scale?: number };
  return {
    name,
    kind: kinds[column.columnType] ?? unsupported(name, column.columnType),
    sqlType: column.getSQLType(),
    ...(length === undefined ? {} : { maxLength: length }),
    ...(precision === undefined ? {} : { precision }),
    ...(scale === undefined ? {} : { scale }),
    required: column.notNull && !column.hasDefault && !isDerived,
    nullable: !column.notNull,
  };
}

const kinds: Record<string, ColumnKind> = {
  PgVarchar: "text",
  PgInteger: "integer",
  PgNumeric: "numeric",
  PgDateString: "date",
  PgBoolean: "boolean",
};

function unsupported(name: string, type: string): never {
  throw new Error(`column ${name}: a contract does not know the type ${type}`);
}
