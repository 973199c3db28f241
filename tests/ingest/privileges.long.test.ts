import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { fillCalendar } from "../../src/calendar/index.ts";
import { type Database, databaseOf, withClient } from "../../src/database/connection.ts";
import { auditFrame, buildFrame } from "../../src/frame/index.ts";
import { load, loadRuns } from "../../src/ingest/index.ts";
import { check, status, upgrade } from "../../src/migration/index.ts";
import { rollUp } from "../../src/rollup/index.ts";
import { freshDatabase, serverVersions, urlOf } from "../support/warehouse.ts";
import { query, Workspace } from "./support/load.ts";

/* Every command works with exactly the privileges that docs/loads.md names for it. */

const workspace = new Workspace();
const header = "date,store_code,sku,quantity,unit_price,total_amount";
const sales = (lines: readonly string[]) => [workspace.csv([header, ...lines])];
const txns = (date: string) => [
  workspace.csv([
    "date,store_code,sku,txn_id,line_no,quantity,unit_price,total_amount",
    `${date},S1,A,T,1,2,1.00,2.00`,
  ]),
];

describe.for(serverVersions())("on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server, empty: true });
  const name = new URL(urlOf(database)).pathname.slice(1);
  const admin = async (...statements: string[]) => {
    for (const sql of statements) await query(database, sql);
  };
  const roles: string[] = [];
  afterAll(async () => {
    for (const role of roles.reverse()) await admin(`DROP OWNED BY ${role} CASCADE`, `DROP ROLE ${role}`);
  });
  const newRole = async (purpose: string, ...grants: string[]) => {
    const role = `${purpose}_${randomBytes(4).toString("hex")}`;
    roles.push(role);
    await admin(
      `CREATE ROLE ${role} LOGIN PASSWORD '${role}'`,
      ...grants.map((grant) => `GRANT ${grant} TO ${role}`),
    );
    const url = new URL(urlOf(database));
    [url.username, url.password] = [role, role];
    return { role, database: databaseOf(url.href) };
  };
  // Nobody has a privilege that is not granted here.
  await admin(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`, "REVOKE ALL ON SCHEMA public FROM PUBLIC");
  const connect = [`CONNECT, TEMPORARY ON DATABASE ${name}`, "USAGE ON SCHEMA public"];
  const owner = await newRole(
    "owner",
    `CONNECT, CREATE, TEMPORARY ON DATABASE ${name}`,
    "USAGE, CREATE ON SCHEMA public",
  );
  const member = await newRole("member", ...connect, owner.role);

  test("upgrade", async () => {
    expect((await upgrade(owner.database)).steps.length).toBeGreaterThan(0);
  });

  test("current", async () => {
    const reader = await newRole(
      "current",
      `CONNECT ON DATABASE ${name}`,
      "USAGE ON SCHEMA public",
      "SELECT ON schema_revision",
    );
    expect(await status(reader.database)).toMatchObject({ revision: expect.stringMatching(/^0/) });
  });

  test("check", async () => {
    const checker = await newRole(
      "checker",
      `CONNECT, CREATE ON DATABASE ${name}`,
      "USAGE ON SCHEMA public",
      "SELECT ON schema_revision",
    );
    expect(await check(checker.database)).toMatchObject({ findings: [], not_examined: [] });
  });

  test("calendar", async () => {
    const filler = await newRole(
      "filler",
      `CONNECT ON DATABASE ${name}`,
      "USAGE ON SCHEMA public",
      "SELECT, INSERT, UPDATE ON calendar",
    );
    const range = { from: "2024-01-01", to: "2024-06-30" };
    expect(await fillCalendar(filler.database, range)).toMatchObject({ inserted: 182 });
  });

  test("load of a table without partitions", async () => {
    const loader = await newRole(
      "loader",
      ...connect,
      "SELECT, INSERT, UPDATE ON store, product, price_history",
      "SELECT, INSERT ON load_run",
      "USAGE ON SEQUENCE store_id_seq, product_id_seq, price_history_id_seq, load_run_id_seq",
    );
    const loading = (table: string, lines: string[]) =>
      load(loader.database, { table, files: [workspace.csv(lines)] });
    expect(await loading("store", ["code,name", "S1,One"])).toMatchObject({ inserted: 1 });
    expect(await loading("store", ["code,name", "S1,Uno"])).toMatchObject({ updated: 1 });
    expect(await loading("product", ["sku,name", "A,Apple"])).toMatchObject({ inserted: 1 });
    const prices = ["sku,store_code,price,valid_from", "A,S1,1.00,2024-01-01"];
    expect(await loading("price_history", prices)).toMatchObject({ inserted: 1 });
  });

  test("load of a table with months, by a member of the owning role: the months are the owner's", async () => {
    const analyst = await newRole("analyst", ...connect);
    const months = await newRole("column_reader", ...connect);
    await admin(
      `GRANT SELECT ON sales_daily TO ${analyst.role} WITH GRANT OPTION`,
      `GRANT SELECT (date, quantity) ON sales_daily TO ${months.role}`,
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${member.role} GRANT ALL ON TABLES TO ${months.role}`,
    );
    const first = await load(member.database, {
      table: "sales_daily",
      files: sales(["2024-01-31,S1,A,1,1.00,1.00", "2024-02-01,S2,B,1,1.00,1.00"]),
      createMissing: true,
    });
    expect(first).toMatchObject({ inserted: 2, created: { store: 1, product: 1 } });
    await load(member.database, { table: "sales_txn", files: txns("2024-03-01") });
    await rollUp(member.database);
    const built = ["sales_daily_2024_01", "sales_daily_2024_02", "sales_daily_2024_03", "sales_txn_2024_03"];
    expect(await ownersOf(database, built)).toEqual(
      built.map((relation) => ({ relation, owner: owner.role })),
    );
    const grants = await grantsOf(database);
    expect(grants.sales_daily_2024_01).toEqual(grants.sales_daily);
    expect(grants.sales_daily_2024_03).toEqual(grants.sales_daily);
    expect(grants.sales_daily).toHaveLength(3);
    // The owner itself can go on.
    const files = sales(["2024-01-31,S1,A,2,1.00,2.00", "2024-04-01,S1,A,1,1.00,1.00"]);
    const next = await load(owner.database, { table: "sales_daily", files });
    expect(next).toMatchObject({ inserted: 1, updated: 1 });
    await admin("DROP TABLE sales_txn_2024_03");
  });

  test("the grants of a table with row security are not copied: its policies would not hold for a month", async () => {
    await admin("ALTER TABLE sales_daily ENABLE ROW LEVEL SECURITY");
    await load(owner.database, { table: "sales_daily", files: sales(["2024-05-01,S1,A,1,1.00,1.00"]) });
    await admin("ALTER TABLE sales_daily DISABLE ROW LEVEL SECURITY");
    expect((await grantsOf(database)).sales_daily_2024_05).toBeUndefined();
  });

  test("loads", async () => {
    const reader = await newRole(
      "ledger",
      `CONNECT ON DATABASE ${name}`,
      "USAGE ON SCHEMA public",
      "SELECT ON load_run",
    );
    expect((await loadRuns(reader.database)).length).toBeGreaterThan(0);
  });

  test("rollup, into months that have partitions", async () => {
    await load(owner.database, { table: "sales_txn", files: txns("2024-03-02") });
    const roller = await newRole(
      "roller",
      ...connect,
      "SELECT ON sales_txn, store, product",
      "SELECT, INSERT, UPDATE ON sales_daily",
    );
    expect(await rollUp(roller.database)).toMatchObject({ inserted: 1 });
  });

  test("frame and frame audit", async () => {
    const reading = ["SELECT ON ALL TABLES IN SCHEMA public"];
    const framer = await newRole(
      "framer",
      `CONNECT ON DATABASE ${name}`,
      "USAGE ON SCHEMA public",
      ...reading,
    );
    const request = { cutoff: "2024-04-01", horizon: 7 };
    const frame = await buildFrame(framer.database, {
      ...request,
      out: workspace.path(`frame-${server}.parquet`),
    });
    expect(frame).toBeDefined();
    const auditor = await newRole("auditor", ...connect, ...reading);
    expect(await auditFrame(auditor.database, request)).toMatchObject({ passed: true });
  });
});

const ownersOf = (database: Database, relations: readonly string[]) =>
  query(
    database,
    `SELECT relname AS relation, relowner::regrole::text AS owner FROM pg_class
     WHERE relname = ANY ($1) ORDER BY relname`,
    [relations],
  );

/** What others than the owner may do with each table. */
async function grantsOf(database: Database): Promise<Record<string, string[]>> {
  return withClient(database, async (client) => {
    const { rows } = await client.query<{ relation: string; acl: string[] }>(`
      SELECT relname AS relation, array_agg(entry::text ORDER BY entry::text) AS acl
      FROM (
        SELECT c.relname, c.relowner, unnest(c.relacl) AS entry FROM pg_class AS c
        UNION ALL
        SELECT c.relname, c.relowner, unnest(attacl) FROM pg_class AS c JOIN pg_attribute ON attrelid = c.oid
      ) AS acl
      WHERE entry::text NOT LIKE relowner::regrole::text || '=%' AND relname LIKE 'sales\\_daily%'
      GROUP BY relname`);
    return Object.fromEntries(rows.map(({ relation, acl }) => [relation, acl]));
  });
}
