import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { numberOf, withDuckDB } from "../duckdb.ts";
import { firstDay, type Shape, sku, storeCode } from "../shape.ts";

/** Counts and sums of a table or file, as text. */
export interface Totals {
  readonly rows: string;
  readonly quantity: string;
  readonly unit_price: string;
  readonly total_amount: string;
}

/** CSV files with the same sales, the same in every run. */
export interface Dataset {
  readonly shape: Shape;
  /** Natural keys, sorted by date, store and product. */
  readonly sorted: string;
  /** The same rows in random order. */
  readonly unsorted: string;
  /** The same rows with one in a hundred changed, spread over all months. */
  readonly changed: string;
  /** `sorted` with the ids of the warehouse instead of natural keys. */
  readonly keyed: string;
  /** The first rows of `sorted`, for slow baselines. */
  readonly sample: string;
  readonly sampleRows: number;
  readonly totals: Totals;
  readonly changedTotals: Totals;
  readonly changedRows: number;
}

export type Variant = "sorted" | "unsorted" | "changed" | "keyed" | "sample";

/** Writes the files of these variants. The paths of the others do not exist. */
export async function generate(
  folder: string,
  shape: Shape,
  variants: ReadonlySet<Variant>,
  sampleRows: number,
): Promise<Dataset> {
  return withDuckDB(folder, async (connection) => {
    const path = (variant: Variant) => join(folder, `${variant}-${shape.rows}.csv`);
    for (const variant of variants) {
      const rows = variant === "sample" ? { ...shape, rows: Math.min(sampleRows, shape.rows) } : shape;
      await connection.run(`COPY (${rowsOf(rows, variant)}) TO '${path(variant)}' (FORMAT csv, HEADER true)`);
    }
    const totals = await totalsOf(connection, path("sorted"));
    return {
      shape,
      sorted: path("sorted"),
      unsorted: path("unsorted"),
      changed: path("changed"),
      keyed: path("keyed"),
      sample: path("sample"),
      sampleRows: Math.min(sampleRows, shape.rows),
      totals,
      changedTotals: variants.has("changed") ? await totalsOf(connection, path("changed")) : totals,
      changedRows: await numberOf(
        connection,
        `SELECT count(*) FROM range(${shape.rows}) AS r(i) WHERE ${isChanged}`,
      ),
    };
  });
}

const isChanged = "hash(i, 'changed') % 100 = 0";

function rowsOf({ rows, stores, products }: Shape, variant: Variant): string {
  const quantity = "(hash(i, 'quantity') % 20)::INTEGER";
  const keys =
    variant === "keyed"
      ? "s + 1 AS store_id, p + 1 AS product_id"
      : `${storeCode("s")} AS store_code, ${sku("p")} AS sku`;
  return `
    SELECT
      DATE '${firstDay}' + d::INTEGER AS date,
      ${keys},
      quantity,
      unit_price,
      (quantity * unit_price)::DECIMAL(12, 2) AS total_amount
    FROM (
      SELECT
        i,
        i // ${stores * products} AS d,
        i // ${products} % ${stores} AS s,
        i % ${products} AS p,
        ${variant === "changed" ? `${quantity} + (${isChanged})::INTEGER` : quantity} AS quantity,
        (1 + (hash(p, 'price') % 2000)::DECIMAL(10, 2) / 100)::DECIMAL(10, 2) AS unit_price
      FROM range(${rows}) AS r(i)
    )
    ${variant === "unsorted" ? "ORDER BY hash(i, 'order')" : ""}
  `;
}

/** The columns of the files with natural keys, for DuckDB's reader. */
export const fileColumns = `{
  date: 'DATE', store_code: 'VARCHAR', sku: 'VARCHAR',
  quantity: 'INTEGER', unit_price: 'DECIMAL(10, 2)', total_amount: 'DECIMAL(12, 2)'
}`;

/** Counts and sums of a relation, printed alike by PostgreSQL and DuckDB. */
export const totalsSql = (relation: string) => `
  SELECT
    count(*)::varchar AS rows,
    sum(quantity)::varchar AS quantity,
    sum(unit_price)::varchar AS unit_price,
    sum(total_amount)::varchar AS total_amount
  FROM ${relation}
`;

async function totalsOf(connection: DuckDBConnection, path: string): Promise<Totals> {
  const relation = `read_csv('${path}', header = true, columns = ${fileColumns})`;
  const [row] = await (await connection.run(totalsSql(relation))).getRowObjectsJS();
  return row as unknown as Totals;
}
