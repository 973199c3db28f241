import { type Client, withTransaction } from "../../database/connection.ts";
import { quoteIdentifier } from "../../database/identifiers.ts";
import { isFactTable } from "../source/frame-tables.ts";
import type { WarehouseTable } from "../source/warehouse-table.ts";

/**
 * Copies the tables into temporary tables of the same names, which hide the real ones from this connection. Whatever happens to
 * the copies, the warehouse is only read. They are dropped with the connection.
 */
export async function makeScratch(client: Client, tables: readonly WarehouseTable[]): Promise<void> {
  const names = tables.map(({ name }) => quoteIdentifier(name));
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  try {
    // As for a snapshot: a partition that is swapped in later would be seen.
    await client.query(`LOCK TABLE ${names.join(", ")} IN ACCESS SHARE MODE`);
    for (const name of names) await client.query(`CREATE TEMPORARY TABLE ${name} AS TABLE ${name}`);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
  // A search path may name the temporary tables after the real ones.
  await client.query(
    "SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), false)",
  );
  for (const { name, day } of tables.filter(isFactTable)) {
    const table = `pg_temp.${quoteIdentifier(name)}`;
    await client.query(`CREATE INDEX ON ${table} (${quoteIdentifier(day)}); ANALYZE ${table}`);
  }
}

/**
 * Runs the work on a scratch copy that the statements have changed, and reverts the changes.
 *
 * @param day the statements change everything after it
 * @returns how many rows were changed, deleted and added, and the result of the work
 */
export async function withPerturbation<T>(
  client: Client,
  statements: readonly string[],
  day: string,
  work: () => Promise<T>,
): Promise<{ readonly rows: number; readonly result: T }> {
  let outcome: { rows: number; result: T } | undefined;
  const reverted = new Error("reverted");
  const perturb = async () => {
    let rows = 0;
    for (const sql of statements) rows += (await client.query(sql, [day])).rowCount ?? 0;
    outcome = { rows, result: await work() };
    throw reverted;
  };
  await withTransaction(client, perturb).catch((error: unknown) => {
    if (error !== reverted) throw error;
  });
  return outcome as { rows: number; result: T };
}
