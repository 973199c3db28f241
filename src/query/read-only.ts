import type { Client } from "../database/connection.ts";

/** What is known of the transaction that a query runs in. */
export interface ReadOnlySession {
  /** Whether the role of the connection is a superuser, whose rights the query does not get. */
  readonly withoutSuperuser: boolean;
}

/**
 * Begins the transaction that a query runs in. It is never committed: it ends with the connection, so that nothing that a query
 * could do within the database lasts.
 *
 * - It is read-only, functions included, and stays so: PostgreSQL allows no change of that after the first snapshot, which
 *   is taken here.
 * - A superuser can also write outside of the transaction (files of the server, programs). So the query of a superuser runs
 *   as `pg_read_all_data`, and fails instead of showing only some rows where row security applies.
 *
 * Every setting ends with the transaction, also behind a connection pooler.
 *
 * @param timeout_ms 0: no limit
 */
export async function beginReadOnly(client: Client, timeout_ms: number): Promise<ReadOnlySession> {
  await client.query("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY");
  const { rows } = await client.query<{ superuser: boolean }>(
    `SELECT
       rolsuper AS superuser,
       set_config('default_transaction_read_only', 'on', true),
       set_config('statement_timeout', $1, true)
     FROM pg_roles
     WHERE rolname = current_user`,
    [`${timeout_ms}ms`],
  );
  const withoutSuperuser = rows[0]?.superuser ?? false;
  if (withoutSuperuser) {
    await client.query(
      "SELECT set_config('row_security', 'off', true), set_config('role', 'pg_read_all_data', true)",
    );
  }
  return { withoutSuperuser };
}
