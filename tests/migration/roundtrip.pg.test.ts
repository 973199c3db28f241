import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { compareCatalogs, downgrade, readCatalog, status, upgrade } from "../../src/migration/index.ts";
import { readRevisions } from "../../src/migration/revisions/revisions.ts";
import { tableNames } from "../../src/schema/tables.ts";
import { freshDatabase, rowsOf, serverVersions } from "../support/warehouse.ts";

const chain = readRevisions().map(({ id }) => id);
const head = chain.at(-1) ?? "";

describe.for(serverVersions())("the warehouse's migrations on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server, empty: true });
  const catalog = () => withClient(database, readCatalog);

  test("upgrade to head, downgrade by one, upgrade again and downgrade to base, each time with the expected catalog", async () => {
    const empty = await catalog();
    const up = await upgrade(database);
    expect(up).toMatchObject({ from: null, to: head, head });
    expect(up.steps.map(({ revision }) => revision)).toEqual(chain);
    const full = await catalog();
    expect(
      full
        .filter(({ kind }) => kind === "table")
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...tableNames, "load_run"].sort());

    expect(await downgrade(database, { target: "-1" })).toMatchObject({ from: head, to: chain.at(-2) });
    const below = await catalog();
    expect(compareCatalogs(full, below)).not.toEqual([]);
    await upgrade(database);
    expect(compareCatalogs(full, await catalog())).toEqual([]);

    await downgrade(database, { target: "base" });
    expect(await catalog()).toEqual(empty);
    // Revision by revision, the downgrade passes through the same catalogs as the upgrade.
    const catalogs = [];
    for (const _ of chain) {
      await upgrade(database, { target: "+1" });
      catalogs.push(await catalog());
    }
    for (const expected of catalogs.reverse()) {
      expect(compareCatalogs(expected, await catalog())).toEqual([]);
      await downgrade(database, { target: "-1" });
    }
  });

  test("leave nothing at base, not even the revision table", async () => {
    await upgrade(database);
    await downgrade(database, { target: "base" });
    const left = await withClient(database, (client) =>
      rowsOf(
        client,
        `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
         UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
         UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
         UNION ALL SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'`,
      ),
    );
    expect(left).toEqual([]);
    expect(await status(database)).toMatchObject({ revision: null, head });
  });

  test("create the schema in an empty database in less than two seconds", async () => {
    const start = performance.now();
    await upgrade(database);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test("work in the first schema of the search path", async () => {
    await withClient(database, async (client) => {
      await client.query(`CREATE SCHEMA "other shop"; SET search_path = "other shop", public`);
      const first = await upgrade(client);
      expect(first).toMatchObject({ schema: "other shop", from: null, to: head });
      const inside = await readCatalog(client);
      await client.query("SET search_path = public");
      expect(compareCatalogs(await readCatalog(client), inside)).toEqual([]);
    });
  });
});
