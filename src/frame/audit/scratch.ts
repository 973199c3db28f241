import { type Client, withTransaction } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";

/** What a frame reads and an audit changes. */
const tables = [
  "store",
  "product",
  "calendar",
  "sales_daily",
  "inventory_snapshot_daily",
  "price_history",
  "promotion",
  "traffic_daily",
  "weather_daily",
] as const;

/**
 * Copies the warehouse into temporary tables of the same names, which hide the real ones from this connection: whatever is done to
 * them, the warehouse is only read. They are gone with the connection.
 */
export async function makeScratch(client: Client): Promise<void> {
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  try {
    // As in a snapshot: a partition that is swapped in meanwhile would be seen.
    await client.query(`LOCK TABLE ${tables.join(", ")} IN ACCESS SHARE MODE`);
    for (const table of tables) {
      const name = quoteIdentifier(table);
      await client.query(`CREATE TEMPORARY TABLE ${name} AS TABLE ${name}`);
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
  await client.query(`
    -- A search path may name the temporary tables after the real ones.
    SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), false);
    CREATE INDEX ON pg_temp.sales_daily (date);
    CREATE INDEX ON pg_temp.inventory_snapshot_daily (date);
    ANALYZE pg_temp.sales_daily, pg_temp.inventory_snapshot_daily
  `);
}

/** Runs the work on a scratch copy that was changed, and takes the changes back. @returns rows changed, and the work's result */
export async function perturbed<T>(
  client: Client,
  statements: readonly { readonly sql: string; readonly values: readonly unknown[] }[],
  work: () => Promise<T>,
): Promise<{ readonly rows: number; readonly result: T }> {
  let outcome: { rows: number; result: T } | undefined;
  const undone = new Error("taken back");
  const change = async () => {
    let rows = 0;
    for (const { sql, values } of statements) rows += (await client.query(sql, [...values])).rowCount ?? 0;
    outcome = { rows, result: await work() };
    throw undone;
  };
  await withTransaction(client, change).catch((error: unknown) => {
    if (error !== undone) throw error;
  });
  return outcome as { rows: number; result: T };
}
