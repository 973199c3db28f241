import { beforeAll, describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import {
  check,
  downgrade,
  type Replay,
  readCatalog,
  readRevisions,
  replay,
  script,
  upgrade,
} from "../../src/migration/index.ts";
import { freshDatabase, rowsOf, serverVersions, urlOf } from "../support/warehouse.ts";
import { careless, displaySettings, literals } from "./support/literals.ts";
import { revisionsFolder, runScript } from "./support/migration.ts";

describe.for(serverVersions())("settings of the database on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server, empty: true });
  const warehouse = await freshDatabase({ server });
  const name = new URL(urlOf(database)).pathname.slice(1);
  const folder = revisionsFolder(careless, literals);
  const options = { folder, model: {} };
  const sql = (text: string) => withClient(database, (client) => client.query(text));
  let replayed: Replay;

  /** Runs work while new sessions of the database have a setting. */
  async function withSetting<T>([setting, value]: readonly [string, string], work: () => Promise<T>) {
    const text = setting === "search_path" ? value : `'${value}'`;
    await sql(`ALTER DATABASE ${name} SET ${setting} = ${text}`);
    try {
      return await work();
    } finally {
      await sql(`ALTER DATABASE ${name} RESET ${setting}`);
    }
  }

  beforeAll(async () => {
    await upgrade(database, { folder });
    replayed = await withClient(database, (client) =>
      replay(client, { chain: readRevisions(folder), database }),
    );
  });

  test.for(displaySettings)("%s = %s makes no difference, and a difference is still found", (setting) =>
    withSetting(setting, async () => {
      const untouched = await check(database, { ...options, replayed });
      expect(untouched).toMatchObject({ findings: [], not_examined: [] });
      await withClient(database, async (client) => {
        await client.query("BEGIN");
        await client.query(`
          ALTER TABLE sample ALTER at SET DEFAULT '2024-01-01 12:00:01+00'::timestamptz,
            ALTER wait SET DEFAULT '1 day 02:03:05'::interval`);
        const { findings } = await check(client, { ...options, replayed });
        expect(findings.map(({ object, found }) => [object, found])).toEqual([
          ["column sample.at", "'2024-01-01 12:00:01+00'::timestamp with time zone"],
          ["column sample.wait", "'1 day 02:03:05'::interval"],
        ]);
        await client.query("ROLLBACK");
      });
      // The revisions as well give the same objects under it.
      await downgrade(database, { folder, target: "base" });
      await upgrade(database, { folder });
      expect(await check(database, { ...options, replayed })).toMatchObject({ findings: [] });
    }),
  );

  test("they make no difference in a scratch database, a scratch schema and a script for psql", async () => {
    const settings = `${name} SET quote_all_identifiers = on; ALTER DATABASE ${name} SET DateStyle = 'SQL, DMY';
      ALTER DATABASE ${name} SET TimeZone = 'Asia/Tokyo'; ALTER DATABASE ${name} SET lc_monetary = 'C.UTF-8'`;
    await sql(`ALTER DATABASE ${settings}`);
    const report = await check(database, options);
    expect(report).toMatchObject({ findings: [], not_examined: [], replayed_in: "database" });
    const inSchema = await withClient(database, (client) => check(client, options));
    expect(inSchema).toMatchObject({ findings: [], not_examined: [], replayed_in: "schema" });
    await downgrade(database, { folder, target: "base" });
    await runScript(database, script({ direction: "up", range: "head", folder }));
    expect(await check(database, { ...options, replayed })).toMatchObject({ findings: [] });
    await sql(`ALTER DATABASE ${name} RESET ALL`);
  });

  test("they make no difference for the warehouse itself", async () => {
    const own = new URL(urlOf(warehouse)).pathname.slice(1);
    for (const setting of ["quote_all_identifiers = on", "IntervalStyle = iso_8601", "bytea_output = escape"])
      await sql(`ALTER DATABASE ${own} SET ${setting}`);
    expect(await check(warehouse)).toMatchObject({ findings: [], not_examined: [], replayed_in: "database" });
  });

  test("an open connection keeps its own settings", async () => {
    await withClient(database, async (client) => {
      await client.query(
        "SET search_path = public; SET quote_all_identifiers = on; SET TimeZone = 'Asia/Tokyo'",
      );
      await readCatalog(client);
      await check(client, { ...options, replayed });
      await downgrade(client, { folder, target: "-1" });
      await upgrade(client, { folder });
      const kept = await rowsOf(
        client,
        `SELECT current_setting('quote_all_identifiers') AS quoted, current_setting('timezone') AS zone,
           current_setting('search_path') AS path`,
      );
      expect(kept).toEqual([{ quoted: "on", zone: "Asia/Tokyo", path: "public" }]);
    });
  });
});
