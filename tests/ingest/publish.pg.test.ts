import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Database, databaseOf, withClient } from "../../src/database/connection.ts";
import { ForecastLabError, fail } from "../../src/errors.ts";
import { load } from "../../src/ingest/index.ts";
import { freshDatabase, serverVersions, urlOf } from "../support/warehouse.ts";
import { fillDimensions, loadCsv, query, Workspace } from "./support/load.ts";

/* Publishing is one transaction: all or nothing, whatever happens meanwhile. */

const workspace = new Workspace();
// The private folders of all loads of this file are made in here.
process.env.TMPDIR = mkdtempSync(workspace.path("tmp-"));
const leftovers = () => readdirSync(process.env.TMPDIR ?? "");

const header = "date,store_code,sku,quantity,unit_price,total_amount";
const lines = [header, "2024-01-31,S1,A,2,1.50,3.00", "2024-02-01,S1,A,1,1.50,1.50"];

/** Runs the work while another session has an open transaction, in which it ran a statement. */
async function whileHeld<T>(database: Database, sql: string, work: () => Promise<T>): Promise<T> {
  return withClient(database, async (client) => {
    await client.query(`BEGIN; ${sql}`);
    try {
      return await work();
    } finally {
      await client.query("ROLLBACK");
    }
  });
}

/** Makes every load of the month wait before it publishes. */
const publishing = "SELECT pg_advisory_xact_lock(hashtext('forecastlab publish sales_daily'), 202402)";

/** Waits until a session of the database waits for a lock, and returns its process id. */
async function waitingSession(database: Database): Promise<number> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const [row] = await query<{ pid: number }>(
      database,
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (row !== undefined) return row.pid;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return expect.fail("no session waits for a lock");
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => expect.fail("it did not fail"),
    (caught) => caught,
  );
  if (!(error instanceof ForecastLabError)) throw error;
  return `${error.code}: ${error.message}`;
}

describe.for(serverVersions())("on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });
  await fillDimensions(database);
  const stored = () =>
    query<{ n: number }>(database, "SELECT count(*)::int AS n FROM sales_daily").then(([row]) => row?.n);

  test("a month gets its partition, and its rows in the default partition move there unchanged", async () => {
    const target = await freshDatabase({ server });
    await fillDimensions(target);
    await query(
      target,
      `INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
       SELECT date, 1, 2, 9, 1, 9 FROM calendar WHERE date IN ('2024-01-31', '2024-02-01')`,
    );
    const all =
      "SELECT id, date, product_id, quantity, created_at FROM sales_daily WHERE product_id = 2 ORDER BY date";
    const before = await query(target, all);
    const result = await loadCsv(workspace, target, "sales_daily", lines.slice(0, 2));
    expect(result.months).toEqual([
      { month: "2024-01", rows: 1, method: "rebuild", inserted: 1, updated: 0, unchanged: 0 },
    ]);
    expect(await query(target, all)).toEqual(before);
    expect(
      await query(
        target,
        "SELECT tableoid::regclass::text AS part, count(*)::int AS n FROM sales_daily GROUP BY 1 ORDER BY 1",
      ),
    ).toEqual([
      { part: "sales_daily_2024_01", n: 2 },
      { part: "sales_daily_default", n: 1 },
    ]);
  });

  test("the last month that a file can name is built, and then found as its own", async () => {
    const target = await freshDatabase({ server });
    await fillDimensions(target);
    const loading = (days: string[], quantity: number) => {
      const rows = days.map((date) => `${date},S1,A,${quantity},1.00,${quantity}.00`);
      return loadCsv(workspace, target, "sales_daily", [header, ...rows], { createMissing: true });
    };
    const methodsOf = async (loading: ReturnType<typeof loadCsv>) =>
      (await loading).months.map(({ month, method }) => `${month} ${method}`);
    expect(await methodsOf(loading(["9999-12-31", "0001-01-01"], 1))).toEqual([
      "0001-01 attach",
      "9999-12 attach",
    ]);
    expect(await methodsOf(loading(["9999-12-31", "0001-01-01"], 2))).toEqual([
      "0001-01 merge",
      "9999-12 merge",
    ]);
    expect(
      await query(
        target,
        "SELECT relname FROM pg_class WHERE relname ~ '^sales_daily_(0001|9999)_[0-9]+$' ORDER BY 1",
      ),
    ).toEqual([{ relname: "sales_daily_0001_01" }, { relname: "sales_daily_9999_12" }]);
  });

  test("ids are exact and different near 2^53, where numbers of JavaScript are not", async () => {
    const target = await freshDatabase({ server });
    await fillDimensions(target);
    await query(target, "SELECT setval('sales_daily_id_seq', 9007199254740990)");
    const days = Array.from({ length: 9 }, (_, day) => `2024-01-0${day + 1},S1,A,1,1.00,1.00`);
    await loadCsv(workspace, target, "sales_daily", [header, ...days]);
    const ids = await query<{ id: string }>(target, "SELECT id FROM sales_daily ORDER BY id");
    expect(ids.map(({ id }) => BigInt(id))).toEqual(
      days.map((_, index) => 9_007_199_254_740_992n + BigInt(index)),
    );
  });

  test("an interruption of a load that waits to publish leaves nothing, and ends its statement on the server", async () => {
    const interruption = new AbortController();
    await whileHeld(database, publishing, async () => {
      const loading = codeOf(
        loadCsv(workspace, database, "sales_daily", lines, { signal: interruption.signal }),
      );
      const pid = await waitingSession(database);
      interruption.abort(fail("INTERRUPTED", { signal: "SIGINT" }));
      expect(await loading).toBe("INTERRUPTED: Interrupted by SIGINT; nothing was published.");
      expect(
        await query(database, "SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'active'", [pid]),
      ).toEqual([]);
    });
    expect(await stored()).toBe(0);
    expect(leftovers()).toEqual([]);
  });

  test("an interruption after rows were written and before the commit leaves nothing", async () => {
    const interruption = new AbortController();
    const rival = `INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
                   SELECT '2024-02-01', store.id, product.id, 1, 1, 1 FROM store, product WHERE code = 'S1' AND sku = 'A'`;
    // Their months have rows already, so that these are merged, and meet those of the rival in the same partition.
    const others = [header, ...lines.slice(1).map((line) => line.replace("S1,A", "S2,B"))];
    await loadCsv(workspace, database, "sales_daily", others);
    await whileHeld(database, rival, async () => {
      const loading = codeOf(
        loadCsv(workspace, database, "sales_daily", lines, { signal: interruption.signal }),
      );
      await waitingSession(database);
      interruption.abort(fail("INTERRUPTED", { signal: "SIGINT" }));
      expect(await loading).toBe("INTERRUPTED: Interrupted by SIGINT; nothing was published.");
    });
    expect(await stored()).toBe(2);
    await query(database, "DELETE FROM sales_daily");
    expect(leftovers()).toEqual([]);
  });

  test("an interruption after months were built drops them, although the load's statements are cancelled", async () => {
    const interruption = new AbortController();
    const loading = codeOf(
      loadCsv(workspace, database, "sales_daily", lines, {
        signal: interruption.signal,
        onStep: async (step) => {
          if (step !== "record") return;
          interruption.abort(fail("INTERRUPTED", { signal: "SIGTERM" }));
          // Some cancellations go by.
          await new Promise((resolve) => setTimeout(resolve, 700));
        },
      }),
    );
    expect(await loading).toBe("INTERRUPTED: Interrupted by SIGTERM; nothing was published.");
    const built =
      "SELECT relname FROM pg_class WHERE relname LIKE '%\\_load\\_%' AND relkind = 'r' AND NOT relispartition";
    expect(await query(database, built)).toEqual([]);
    expect(
      await query(
        database,
        "SELECT FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = current_database() AND locktype = 'advisory'",
      ),
    ).toEqual([]);
  });

  test("a lost connection is one clear error, and nothing is published", async () => {
    await whileHeld(database, publishing, async () => {
      const loading = codeOf(loadCsv(workspace, database, "sales_daily", lines));
      const pid = await waitingSession(database);
      await query(database, "SELECT pg_terminate_backend($1)", [pid]);
      expect(await loading).toMatch(/^DATABASE_CONNECTION_LOST: The connection to .* was lost: /);
    });
    expect(await stored()).toBe(0);
    expect(leftovers()).toEqual([]);
  });

  test("two loads of the same rows run one after the other: one writes them, the other finds them", async () => {
    const results = await Promise.all(
      [1, 2].map(() => loadCsv(workspace, database, "sales_daily", lines, { again: true })),
    );
    expect(results.map(({ inserted, unchanged }) => [inserted, unchanged]).sort()).toEqual([
      [0, 2],
      [2, 0],
    ]);
    await query(database, "DELETE FROM sales_daily");
  });

  test("a violation that only the database can find is an error with the constraint's name", async () => {
    await loadCsv(workspace, database, "weather_daily", [
      "date,store_code,temperature_min_c,temperature_max_c",
      "2024-01-01,S1,1,5",
    ]);
    expect(
      await codeOf(
        loadCsv(workspace, database, "weather_daily", [
          "date,store_code,temperature_min_c",
          "2024-01-01,S1,9",
        ]),
      ),
    ).toMatch(/^CONSTRAINT_VIOLATED: .*ck_weather_daily_temperature_order/);
  });

  test("a role that may only read gets one clear error", async () => {
    const role = `reader_${server}_${process.pid}`;
    await query(database, `CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    try {
      await query(database, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
      const url = new URL(urlOf(database));
      url.username = role;
      url.password = "secret";
      const reader = databaseOf(url.href);
      expect(await codeOf(loadCsv(workspace, reader, "store", ["code,name", "S7,x"]))).toBe(
        "DATABASE_PERMISSION_DENIED: The database role lacks a privilege: permission denied for sequence load_run_id_seq.",
      );
      await query(database, `GRANT USAGE ON SEQUENCE load_run_id_seq TO ${role}`);
      await query(database, `ALTER ROLE ${role} SET default_transaction_read_only = on`);
      expect(await codeOf(loadCsv(workspace, reader, "store", ["code,name", "S7,x"]))).toMatch(
        /^DATABASE_READ_ONLY: /,
      );
    } finally {
      await query(database, `DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});

describe("before anything is published", () => {
  test("other rows are published if rejects are within the limit, and none if they are over it", async () => {
    const database = await freshDatabase();
    await fillDimensions(database);
    const withRejects = [...lines, "2024-02-02,S1,A,x,1,1", "2024-02-03,S1,A,x,1,1"];
    for (const [maxRejects, published] of [
      [{ rows: 1 }, false],
      [{ percent: 49.9 }, false],
      [{ percent: 50 }, true],
      [{ rows: 2 }, true],
    ] as const) {
      const result = await loadCsv(workspace, database, "sales_daily", withRejects, { maxRejects });
      expect(result).toMatchObject({ published, rejected: 2, withheld: published ? 0 : 2 });
    }
  });

  test("a rejects file that cannot be written ends the load", async () => {
    const database = await freshDatabase();
    await fillDimensions(database);
    const files = [workspace.csv([...lines, "2024-02-02,S1,A,x,1,1"])];
    const request = { table: "sales_daily", files, maxRejects: { rows: 5 } };
    expect(await codeOf(load(database, { ...request, rejects: workspace.path("nowhere/r.csv") }))).toMatch(
      /^FILE_UNWRITABLE: .*nowhere\/r.csv cannot be written: its folder does not exist/,
    );
    expect(await codeOf(load(database, { ...request, rejects: workspace.folder }))).toMatch(
      /^REJECTS_PATH_REFUSED: .* it is a folder/,
    );
    expect(await query(database, "SELECT FROM sales_daily")).toEqual([]);
    expect(existsSync(workspace.path("nowhere"))).toBe(false);
  });

  test("no answer, a refused login and a missing schema are different errors", async () => {
    const file = workspace.csv(["code,name", "S1,x"]);
    const loading = (url: string) => codeOf(load(databaseOf(url), { table: "store", files: [file] }));
    expect(await loading("postgresql://postgres@127.0.0.1:1/x")).toMatch(/^DATABASE_UNREACHABLE: /);
    const empty = await freshDatabase({ empty: true });
    expect(await loading(urlOf(empty))).toMatch(/^SCHEMA_MISSING: /);
    const stranger = new URL(urlOf(empty));
    [stranger.username, stranger.password] = ["stranger", "hunter2"];
    const refused = await loading(stranger.href);
    expect(refused).toMatch(/^DATABASE_LOGIN_REFUSED: .* user stranger\.$/);
    expect(refused).not.toContain("hunter2");
    const url = new URL(urlOf(empty));
    url.pathname = "/nowhere";
    expect(await loading(url.href)).toMatch(/^DATABASE_NOT_FOUND: /);
  });
});
