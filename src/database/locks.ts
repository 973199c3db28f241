import type { TableName } from "../schema/tables.ts";
import type { Client } from "./connection.ts";

/**
 * Makes writers of one table take turns: waits for the table's advisory lock and holds it to the end of the
 * transaction. Readers and plain SQL writers are not held up.
 */
export async function lockForPublishing(client: Client, table: TableName): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtext('forecastlab publish'), hashtext($1))", [table]);
}
