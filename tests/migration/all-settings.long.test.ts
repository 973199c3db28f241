import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Catalog, readCatalog, readRevisions, replay, upgrade } from "../../src/migration/index.ts";
import { freshDatabase, rowsOf, serverVersions } from "../support/warehouse.ts";
import { literals } from "./support/literals.ts";
import { revisionsFolder } from "./support/migration.ts";

describe.for(serverVersions())("no setting of a session on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server, empty: true });
  const client = new pg.Client(database.routes[0].config);
  const folder = revisionsFolder(literals);
  const chain = readRevisions(folder);
  let expected: Catalog;

  beforeAll(async () => {
    await upgrade(database, { folder });
    await client.connect();
    expected = await readCatalog(client);
  });
  afterAll(() => client.end());

  test("changes what a revision makes or how the catalog is read", async () => {
    const settings = await rowsOf<{ name: string; values: string[] }>(
      client,
      `SELECT name, CASE vartype
           WHEN 'bool' THEN ARRAY[CASE setting WHEN 'on' THEN 'off' ELSE 'on' END]
           WHEN 'enum' THEN array_remove(enumvals, setting)
           ELSE ARRAY[min_val, max_val]
         END AS values
       FROM pg_settings
       WHERE context IN ('user', 'superuser') AND vartype IN ('bool', 'enum', 'real', 'integer')
         AND name !~ 'timeout|^debug_|^log_|^trace_|^temp_file_limit$|^transaction_|^default_transaction_'
         AND name NOT IN ('allow_in_place_tablespaces', 'ignore_checksum_failure', 'zero_damaged_pages', 'jit',
           'allow_system_table_mods', 'ignore_system_indexes', 'ignore_invalid_pages', 'max_stack_depth')`,
    );
    expect(settings.length).toBeGreaterThan(80);
    const changed: string[] = [];
    for (const { name, values } of settings) {
      for (const value of values) {
        const known = await client.query("SELECT set_config($1, $2, false)", [name, value]).then(
          () => true,
          () => false,
        );
        if (!known) continue;
        const live = await readCatalog(client);
        const { applied } = await replay(client, { chain });
        await client.query(`RESET ${name}`);
        if (JSON.stringify(live) !== JSON.stringify(expected)) changed.push(`read under ${name} = ${value}`);
        if (JSON.stringify(applied) !== JSON.stringify(expected))
          changed.push(`made under ${name} = ${value}`);
      }
    }
    expect(changed).toEqual([]);
  });
});
