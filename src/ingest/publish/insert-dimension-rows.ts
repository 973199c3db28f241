import type { Client } from "../../database/connection.ts";
import type { Engine } from "../../duckdb/engine.ts";
import { copyRows } from "../../duckdb/transfer.ts";
import { contractOf } from "../../schema/contracts.ts";
import type { Created } from "../counts.ts";

/**
 * Adds the dimension rows that the load refers to and the warehouse lacks: a store or product is called by its key, a day
 * has its parts and no holiday. Within the load's transaction.
 *
 * @throws CONSTRAINT_VIOLATED when somebody added one of them meanwhile
 */
export async function insertStubs(client: Client, engine: Engine, created: Created): Promise<void> {
  const { derived } = contractOf("calendar");
  const parts = Object.entries(derived).map(([column, sql]) => ({ column, sql: `CAST(${sql} AS INTEGER)` }));
  const stubs = [
    {
      table: "store",
      columns: ["id", "code", "name"],
      query: "SELECT id, key, key FROM stub_store ORDER BY id",
    },
    {
      table: "product",
      columns: ["id", "sku", "name"],
      query: "SELECT id, key, key FROM stub_product ORDER BY id",
    },
    {
      table: "calendar",
      columns: ["date", ...parts.map(({ column }) => column)],
      query: `
        SELECT date, ${parts.map(({ sql }) => sql).join(", ")}
        FROM (SELECT key AS date FROM stub_calendar)
        ORDER BY date
      `,
    },
  ] as const;
  for (const { table, columns, query } of stubs) {
    if (created[table] === 0) continue;
    await copyRows(engine, client, table, { name: `stubs-of-${table}`, columns, query });
  }
}
