import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Client, withClient, withTransaction } from "../../src/database/connection.ts";
import { lockMonths, lockSwapTurn, unlockMonths } from "../../src/database/locks.ts";
import { load } from "../../src/ingest/index.ts";
import { forecastlab } from "../cli/support/command-line.ts";
import { freshDatabase, rowsOf, urlOf } from "../support/warehouse.ts";
import { fillDimensions, query, untilWaiting, Workspace } from "./support/load.ts";

/* How long a load waits for others. */

const database = await freshDatabase();
await fillDimensions(database);
const workspace = new Workspace();
const file = workspace.write(
  "sales.csv",
  "date,store_code,sku,quantity,unit_price,total_amount\n2024-01-31,S1,A,2,1.50,3.00\n2024-02-01,S1,A,1,1.50,1.50\n",
);
const months = ["2024-01", "2024-02"] as const;

/** Of this database: other tests use others of the same server. */
const heldLocks = `
  SELECT FROM pg_locks
  JOIN pg_database ON pg_database.oid = pg_locks.database AND datname = current_database()
  WHERE locktype = 'advisory' AND granted
`;

/** Runs the work while another session holds months. */
function whileHeld<T>(
  held: readonly (typeof months)[number][],
  work: (holder: Client) => Promise<T>,
): Promise<T> {
  return withClient(database, (holder) =>
    withTransaction(holder, async () => {
      await lockMonths(holder, "sales_daily", held, "transaction");
      return work(holder);
    }),
  );
}

const secondsOf = async (work: () => Promise<unknown>) => {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1_000;
};

test("a load waits for another one as long as it is told, says for what, and publishes nothing", async () => {
  const { status, stdout, stderr } = await whileHeld(["2024-02"], () =>
    forecastlab(["load", "sales_daily", file, "--lock-wait", "1"], {
      env: { DATABASE_URL: urlOf(database) },
      cwd: workspace.folder,
    }),
  );
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain("waiting for another load of sales_daily, 2024-02");
  expect(stderr).toMatch(
    /Another load is running on sales_daily, 2024-02 \(server process \d+ .*\), and still is after 1 s\. \[LOAD_MONTH_BUSY\]/s,
  );
  expect(stderr).toContain("--lock-wait N");
  expect(await query(database, "SELECT FROM sales_daily")).toEqual([]);
  expect(await query(database, heldLocks)).toEqual([]);
});

test("the limit holds for all months together", async () => {
  const waits: string[] = [];
  const seconds = await withClient(database, async (holder) => {
    await lockMonths(holder, "sales_daily", months, "session");
    const waiting = load(database, {
      table: "sales_daily",
      files: [file],
      lockWait_s: 3,
      onWait: (reason) => waits.push(reason),
    });
    waiting.catch(() => {});
    await untilWaiting(database, 1);
    return secondsOf(async () => {
      await sleep(2_000);
      await unlockMonths(holder, "sales_daily", ["2024-01"]);
      await expect(waiting).rejects.toMatchObject({ code: "LOAD_MONTH_BUSY" });
    });
  });
  expect(waits).toEqual(["another load of sales_daily, 2024-01", "another load of sales_daily, 2024-02"]);
  expect(seconds).toBeGreaterThan(2.2);
  // Not three seconds again for the second month.
  expect(seconds).toBeLessThan(4.5);
});

test("a load that gets its months in time is published, and its session waits for locks as before", async () => {
  const loading = await whileHeld(["2024-01"], async () => {
    const running = load(database, { table: "sales_daily", files: [file], lockWait_s: 60 });
    running.catch(() => {});
    await untilWaiting(database, 1);
    // Not awaited here: it waits for the end of this transaction.
    return { running };
  });
  expect(await loading.running).toMatchObject({ published: true, inserted: 2 });

  await withClient(database, async (client) => {
    await client.query("SET lock_timeout = '7s'");
    const held = whileHeld(["2024-01"], () => sleep(300));
    await expect.poll(() => query(database, heldLocks)).toHaveLength(1);
    await lockMonths(client, "sales_daily", ["2024-01"], "session", { limit_s: 60 });
    await held;
    expect(await rowsOf(client, "SHOW lock_timeout")).toEqual([{ lock_timeout: "7s" }]);
    await unlockMonths(client, "sales_daily", ["2024-01"]);
  });
});

test("the turn to merge and swap is waited for as long, too", async () => {
  await withClient(database, (holder) =>
    withTransaction(holder, async () => {
      await lockSwapTurn(holder, "sales_daily");
      const waits: string[] = [];
      const waiting = withClient(database, (client) =>
        withTransaction(client, () =>
          lockSwapTurn(client, "sales_txn", { limit_s: 1, onWait: () => waits.push("turn") }),
        ),
      );
      await expect(waiting).rejects.toMatchObject({
        code: "LOAD_MONTH_BUSY",
        message: expect.stringMatching(/^Another load is running on sales_txn .* after 1 s\.$/),
      });
      expect(waits).toEqual(["turn"]);
    }),
  );
});
