import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { compareCatalogs, downgrade, readCatalog, status, upgrade } from "../../src/migration/index.ts";
import { readRevisions } from "../../src/migration/revisions/revisions.ts";
import { spawnForecastlab } from "../cli/support/command-line.ts";
import { freshDatabase, rowsOf, serverVersions, urlOf } from "../support/warehouse.ts";
import { revisionsFolder } from "./support/migration.ts";

const chain = readRevisions().map(({ id }) => id);

describe.for(serverVersions())("concurrent migrations on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server, empty: true });
  const alone = await freshDatabase({ server, empty: true });

  test("twenty upgrades, four of them in other processes, apply each revision once and all return the head", async () => {
    let waited = 0;
    const inside = Array.from({ length: 16 }, () => upgrade(database, { onWait: () => (waited += 1) }));
    const outside = Array.from({ length: 4 }, () =>
      spawnForecastlab(["upgrade", "--json"], { env: { DATABASE_URL: urlOf(database) } }),
    );
    const results = [...(await Promise.all(inside)), ...(await Promise.all(outside)).map(({ json }) => json)];
    expect(results.map(({ to }) => to)).toEqual(Array(20).fill(chain.at(-1)));
    expect(
      results.flatMap(({ steps }) => steps.map(({ revision }: { revision: string }) => revision)),
    ).toEqual(chain);
    expect(waited).toBeGreaterThan(0);
    await upgrade(alone);
    const [raced, single] = await Promise.all([
      withClient(database, readCatalog),
      withClient(alone, readCatalog),
    ]);
    expect(compareCatalogs(single, raced)).toEqual([]);
  });

  test("upgrades against downgrades leave a revision table that matches the schema", async () => {
    const moves = Array.from({ length: 10 }, (_, index) =>
      index % 2 === 0 ? upgrade(database) : downgrade(database, { target: "0001" }),
    );
    await Promise.all(moves);
    const { revision } = await status(database);
    const tables = await withClient(database, (client) =>
      rowsOf(client, "SELECT to_regclass('sales_txn') AS found"),
    );
    expect(tables).toEqual([{ found: revision === chain[0] ? null : "sales_txn" }]);
  });

  test("an upgrade that builds an index CONCURRENTLY is not blocked by the upgrades that wait for it", async () => {
    const place = await freshDatabase({ server, empty: true });
    const folder = revisionsFolder(
      { id: "0001_table", up: "CREATE TABLE big AS SELECT generate_series(1, 100000) AS id;" },
      { id: "0002_index", transaction: "none", up: "CREATE INDEX CONCURRENTLY ix_big ON big (id);" },
    );
    const results = await Promise.all(Array.from({ length: 5 }, () => upgrade(place, { folder })));
    expect(results.flatMap(({ steps }) => steps)).toHaveLength(2);
  });
});
