import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { databaseOf, withClient } from "../../src/database/connection.ts";
import { buildFrame } from "../../src/frame/index.ts";
import { withSnapshot } from "../../src/frame/source/snapshot.ts";
import { fillDimensions, loadCsv, query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";

const header = "date,store_code,sku,quantity,unit_price,total_amount";
const month = (number: string, days: number) => [
  header,
  ...Array.from(
    { length: days },
    (_, day) => `2024-${number}-${String(day + 1).padStart(2, "0")},S1,A,1,1,1`,
  ),
];

describe("the warehouse that a frame is built from", async () => {
  const database = await freshDatabase();
  const workspace = new Workspace();

  beforeAll(async () => {
    await fillDimensions(database);
    await loadCsv(workspace, database, "sales_daily", month("01", 31));
  });

  test("is read in one snapshot: a load that adds a month waits until the facts are read", async () => {
    const total = "SELECT sum(quantity)::int AS units FROM sales_daily";
    let load: Promise<unknown> = Promise.resolve();
    await withSnapshot(database, undefined, async (reader) => {
      expect(await reader.rows(total)).toEqual([{ units: 31 }]);
      load = loadCsv(workspace, database, "sales_daily", month("02", 29));
      load.catch(() => {});
      await sleep(700);
      expect(await reader.rows(total)).toEqual([{ units: 31 }]);
    });
    expect(await load).toMatchObject({ inserted: 29, months: [{ method: "attach" }] });
    expect(await query(database, total)).toEqual([{ units: 60 }]);
  });

  test("is only read: a role with nothing but SELECT can build a frame", async () => {
    await query(database, "DROP ROLE IF EXISTS frame_reader");
    await query(
      database,
      "CREATE ROLE frame_reader LOGIN PASSWORD 'reads'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO frame_reader",
    );
    const url = new URL(urlOf(database));
    [url.username, url.password] = ["frame_reader", "reads"];
    try {
      const out = workspace.path("frame.parquet");
      const built = await buildFrame(databaseOf(url.href), { cutoff: "2024-01-31", horizon: 7, out });
      expect(built.manifest.counts).toMatchObject({ series: 1, training_rows: 31, future_rows: 7 });
    } finally {
      await query(database, "DROP OWNED BY frame_reader; DROP ROLE frame_reader");
    }
  });

  test("is not locked any more when the frame is built", async () => {
    await buildFrame(database, { cutoff: "2024-01-31", horizon: 7, out: workspace.path("frame.parquet") });
    const locks = await withClient(database, (client) =>
      client.query(
        "SELECT FROM pg_locks JOIN pg_class ON relation = pg_class.oid WHERE relname = 'sales_daily'",
      ),
    );
    expect(locks.rowCount).toBe(0);
  });
});
