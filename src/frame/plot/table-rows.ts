import { quoteIdentifier, quoteLiteral } from "../../database/identifiers.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { type FrameRows, plottedColumns } from "./frame-rows.ts";
import type { PlottedDay } from "./series.ts";

/**
 * The rows of Parquet or CSV files, read by DuckDB.
 *
 * @param hive whether the folders of the files are columns too
 * @throws DuckDB's errors
 */
export async function tableRows(
  engine: Engine,
  files: readonly string[],
  format: "parquet" | "csv",
  hive: boolean,
): Promise<FrameRows> {
  const list = `[${files.map((file) => quoteLiteral(asPattern(file))).join(", ")}]`;
  const relation =
    format === "parquet"
      ? `read_parquet(${list}, hive_partitioning = ${hive})`
      : `read_csv(${list}, header = true, all_varchar = true, hive_partitioning = ${hive})`;
  const described = await engine.rows<{ column_name: string }>(`DESCRIBE SELECT * FROM ${relation}`);
  const columns = new Set(described.map(({ column_name }) => column_name));
  return {
    columns,
    daysOf: (series) => engine.rows<PlottedDay>(daysSql(relation, columns, series)),
    bestSeller: async () => {
      const [best] = await engine.rows<{ unique_id: string }>(bestSellerSql(relation));
      return best?.unique_id;
    },
    seriesSql: async () => `
      SELECT DISTINCT CAST(unique_id AS VARCHAR) AS unique_id FROM ${relation} WHERE unique_id IS NOT NULL`,
  };
}

/** The name of one file, escaped because DuckDB expects a pattern. */
const asPattern = (path: string) => path.replaceAll(/[*?[]/g, "[$&]");

const types: Readonly<Record<keyof typeof plottedColumns, string>> = {
  y: "DOUBLE",
  stockout: "BOOLEAN",
  promotion: "BOOLEAN",
  list_price: "DOUBLE",
  holiday: "BOOLEAN",
  holiday_name: "VARCHAR",
};

function daysSql(relation: string, columns: ReadonlySet<string>, series: string): string {
  const selected = Object.entries(plottedColumns).map(([name, column]) => {
    const type = types[name as keyof typeof types];
    if (!columns.has(column)) return `NULL AS ${name}`;
    const value = `CAST(${quoteIdentifier(column)} AS ${type})`;
    return `${type === "DOUBLE" ? `CASE WHEN isfinite(${value}) THEN ${value} END` : value} AS ${name}`;
  });
  return `
    SELECT
      strftime(CAST(ds AS DATE), '%Y-%m-%d') AS ds,
      ${selected.join(",\n      ")}
    FROM ${relation}
    WHERE CAST(unique_id AS VARCHAR) = ${quoteLiteral(series)} AND isfinite(CAST(ds AS DATE))
    ORDER BY ds`;
}

const bestSellerSql = (relation: string) => `
  SELECT CAST(unique_id AS VARCHAR) AS unique_id
  FROM ${relation}
  WHERE unique_id IS NOT NULL
  GROUP BY 1
  ORDER BY sum(CAST(y AS DOUBLE)) FILTER (isfinite(CAST(y AS DOUBLE))) DESC NULLS LAST, 1
  LIMIT 1`;
