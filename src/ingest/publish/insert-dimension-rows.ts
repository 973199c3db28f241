import type { Client } from "../../database/connection.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { copyRows } from "../../duckdb/transfer.ts";
import { contractOf } from "../../schema/contracts.ts";
import type { CreatedRows } from "../counts.ts";
import { tables } from "../engine-tables.ts";

/**
 * Adds the dimension rows that accepted rows refer to and the warehouse lacks, within the load's transaction. The name of a
 * store or product is its natural key; a day has its parts and is no holiday.
 *
 * @throws CONSTRAINT_VIOLATED when somebody else added one of them meanwhile
 */
export async function insertDimensionRows(
  client: Client,
  engine: Engine,
  created: CreatedRows,
): Promise<void> {
  const { derived } = contractOf("calendar");
  const parts = Object.entries(derived).map(([column, sql]) => ({ column, sql: `CAST(${sql} AS INTEGER)` }));
  const dimensions = [
    {
      table: "store",
      columns: ["id", "code", "name"],
      query: `SELECT id, key, key FROM ${tables.createdRow("store")} ORDER BY id`,
    },
    {
      table: "product",
      columns: ["id", "sku", "name"],
      query: `SELECT id, key, key FROM ${tables.createdRow("product")} ORDER BY id`,
    },
    {
      table: "calendar",
      columns: ["date", ...parts.map(({ column }) => column)],
      query: `
        SELECT date, ${parts.map(({ sql }) => sql).join(", ")}
        FROM (SELECT key AS date FROM ${tables.createdRow("calendar")})
        ORDER BY date
      `,
    },
  ] as const;
  for (const { table, columns, query } of dimensions) {
    if (created[table] === 0) continue;
    await copyRows(engine, client, table, { name: `created-${table}`, columns, query });
  }
}
