import { ForecastLabError, fail } from "../errors.ts";
import type { Context } from "./command.ts";
import { withMigrationTarget } from "./migrations.ts";

/**
 * What is the case if a table or column is missing: the database has no warehouse yet, it is behind the head, or it is at the
 * head and was changed by hand. Other errors are returned as they are, and so is this one if the database cannot be asked.
 */
export async function asSchemaState(error: unknown, context: Context): Promise<unknown> {
  if (!(error instanceof ForecastLabError) || error.code !== "SCHEMA_MISSING") return error;
  try {
    const { database, schema, revision, head, unknown } = await stateOf(context);
    if (unknown.length > 0) return error;
    if (revision === null) {
      const reason = `${database}, schema ${schema}, has no warehouse yet`;
      return fail("SCHEMA_MISSING", { reason }, error);
    }
    const { reason = "" } = error.received;
    return revision === head
      ? fail("SCHEMA_CHANGED", { database, revision, reason }, error)
      : fail("SCHEMA_OUTDATED", { database, revision, head: head ?? "base", reason }, error);
  } catch {
    return error;
  }
}

async function stateOf(context: Context) {
  const [{ status }, { withClient }] = await Promise.all([
    import("../migration/index.ts"),
    import("../database/connection.ts"),
  ]);
  return withMigrationTarget(context, {}, (database, { folder, signal }) =>
    withClient(
      database,
      async (client) => {
        const { rows } = await client.query<{ name: string }>("SELECT current_database() AS name");
        const name = rows[0]?.name ?? "";
        return {
          ...(await status(client, { folder })),
          database: placeText(name, database.label),
        };
      },
      signal,
    ),
  );
}

/** `the database shop at localhost:5432` */
function placeText(name: string, label: string): string {
  const server = label.endsWith(`/${name}`) ? label.slice(0, -name.length - 1) : label;
  return `the database ${name} ${server.startsWith("the ") ? "of" : "at"} ${server}`;
}
