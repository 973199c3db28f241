import { fail } from "../errors.ts";
import type { Client } from "./connection.ts";

/**
 * The schema the connection works in: the first one of its search path that exists.
 *
 * @throws SCHEMA_NOT_CHOSEN
 */
export async function currentSchema(client: Client): Promise<string> {
  const { rows } = await client.query<{ schema: string | null; path: string }>(
    "SELECT current_schema() AS schema, current_setting('search_path') AS path",
  );
  const { schema, path } = rows[0] ?? { schema: null, path: "" };
  if (schema === null) throw fail("SCHEMA_NOT_CHOSEN", { path: path || "empty" });
  return schema;
}
