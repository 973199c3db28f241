import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Client, type Database, withClient } from "../../src/database/connection.ts";
import { ForecastLabError } from "../../src/errors.ts";
import { type LoadRequest, type LoadResult, load } from "../../src/ingest/index.ts";
import { freshDatabase, serverVersions } from "../support/warehouse.ts";
import { gate } from "./support/killable-server.ts";
import { query, untilWaiting, Workspace } from "./support/load.ts";
import { day, fillMonths, linesOf, monthLines } from "./support/many-months.ts";

/* Loads that run at the same time as other loads, as writers of plain SQL, and as readers. */

const workspace = new Workspace();
const files = new Map<string, string>();
const fileOf = (content: string) => {
  const path = files.get(content) ?? workspace.csv(content);
  files.set(content, path);
  return path;
};

/** Starts a load of lines. It is held at the step `at`, if there is one, until `release` is called. */
function loading(
  database: Database,
  lines: readonly string[],
  options: Partial<LoadRequest> & { at?: string; occurrence?: number } = {},
) {
  const { at, occurrence = 1, ...request } = options;
  const [held, released] = [gate(), gate()];
  const waits: string[] = [];
  let left = occurrence;
  const result = load(database, {
    table: "sales_daily",
    files: [fileOf(linesOf(lines))],
    onWait: (reason) => void waits.push(reason),
    ...request,
    onStep: async (step) => {
      await request.onStep?.(step);
      if (step !== at || --left !== 0) return;
      held.open();
      await released.opened;
    },
  });
  result.catch(() => {}).finally(held.open);
  return { result, waits, held: held.opened, release: released.open };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => "it did not fail",
    (caught) => caught,
  );
  return error instanceof ForecastLabError ? error.code : String(error);
}

const methodsOf = ({ months }: LoadResult) => months.map(({ method }) => method);
const countsOf = ({ inserted, updated, unchanged }: LoadResult) => ({ inserted, updated, unchanged });

const { merge, rebuild, attach, waiting } = monthLines;
const kinds = { merge, rebuild, attach, waiting };

describe.for(serverVersions())("on PostgreSQL %s", async (server) => {
  const filled = await freshDatabase({ server });
  await fillMonths(filled);
  const fresh = () => freshDatabase({ server, like: filled });

  describe("two loads", () => {
    test.for([
      {
        held: [
          ["attach", "copy 2024-03"],
          ["merge", "merge 2024-01"],
        ],
        running: ["rebuild", "waiting"],
      },
      {
        held: [
          ["rebuild", "index 2024-02"],
          ["waiting", "index 2024-04"],
        ],
        running: ["merge", "attach"],
      },
    ] as const)(
      "into different months run at the same time: $running while others are half-way",
      async (roles) => {
        const database = await fresh();
        const held = roles.held.map(([kind, at]) => loading(database, kinds[kind], { at }));
        await Promise.all(held.map((one) => one.held));
        for (const kind of roles.running) {
          const running = loading(database, kinds[kind]);
          expect(await running.result).toMatchObject({
            published: true,
            months: [{ rows: kinds[kind].length }],
          });
          expect(running.waits).toEqual([]);
        }
        for (const one of held) one.release();
        for (const one of held) expect(await one.result).toMatchObject({ published: true });
        expect(await sumsOf(database)).toEqual(sumsAfter);
      },
    );

    test("into the same month run one after the other, and the second is compared with what the first published", async () => {
      const database = await fresh();
      const first = loading(database, attach, { at: "copy 2024-03" });
      await first.held;
      const lines = [
        ...attach.slice(0, 50),
        ...day("2024-03-01", 7, 60).slice(50),
        ...day("2024-03-02", 7, 30),
      ];
      expect(await codeOf(loading(database, lines, { wait: false }).result)).toBe("LOAD_MONTH_BUSY");
      const second = loading(database, lines);
      await expect.poll(() => second.waits).toEqual(["another load of sales_daily, 2024-03"]);
      first.release();
      expect(countsOf(await first.result)).toEqual({ inserted: 200, updated: 0, unchanged: 0 });
      const result = await second.result;
      expect(countsOf(result)).toEqual({ inserted: 30, updated: 10, unchanged: 50 });
      expect(methodsOf(result)).toEqual(["merge"]);
      expect(await sumsOf(database)).toMatchObject({ "2024-03": 200 * 5 + 10 * 2 + 30 * 7 });
    });

    test("that merge months and swap others take turns, while each would lock the other out", async () => {
      const database = await fresh();
      const lines = [
        [...day("2024-01-02", 7, 5), ...attach],
        [...day("2024-02-28", 7, 5), ...waiting],
        [...day("2024-02-28", 8, 5), ...day("2024-05-01", 5)],
      ];
      const all = await Promise.all(lines.map((each) => loading(database, each).result));
      expect(all.map(methodsOf)).toEqual([
        ["merge", "attach"],
        ["merge", "rebuild"],
        ["merge", "attach"],
      ]);
    });

    test("into the same months in opposite orders do not deadlock", async () => {
      const database = await fresh();
      const orders = [1, 2, 3, 4].map((n) => {
        const lines = [...day("2024-01-05", n, 5), ...day("2024-03-05", n, 5), ...day("2024-04-05", n, 5)];
        return loading(database, n % 2 === 0 ? lines.reverse() : lines).result;
      });
      const results = await Promise.all(orders);
      expect(results.map(({ inserted }) => inserted).sort()).toEqual([0, 0, 0, 15]);
      expect(results.map(({ updated }) => updated).sort()).toEqual([0, 15, 15, 15]);
    });
  });

  describe("when somebody writes plain SQL", () => {
    /** A change by somebody else, with a quantity that no load gives. */
    const mark = (date: string) =>
      `UPDATE sales_daily SET quantity = 90, updated_at = now() WHERE date = '${date}' AND store_id = 1 AND product_id = 1`;
    const added = (date: string) =>
      `INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount) VALUES ('${date}', 1, 1, 90, 2, 180)`;
    const marksIn = async (database: Database) => {
      const rows = await query<{ date: string }>(
        database,
        "SELECT date FROM sales_daily WHERE quantity = 90 ORDER BY date",
      );
      return rows.map(({ date }) => date);
    };

    test("a change to a month that is being rebuilt is kept, and the counts include it", async () => {
      const database = await fresh();
      let times = 0;
      const result = await load(database, {
        table: "sales_daily",
        files: [fileOf(linesOf(rebuild))],
        onStep: async (step) => {
          if (step !== "index 2024-02" || times++ > 0) return;
          await query(database, `${mark("2024-02-28")}; ${added("2024-02-29")}`);
        },
      });
      expect(times).toBe(2);
      expect(countsOf(result)).toEqual({ inserted: 199, updated: 5401, unchanged: 0 });
      expect(await marksIn(database)).toEqual(["2024-02-28"]);
      expect(await sumsOf(database)).toMatchObject({ "2024-02": sumsAfter["2024-02"] + 89 });
    });

    test("a change to a month between its comparison and its building does not make the counts wrong", async () => {
      const database = await fresh();
      const [reached, written] = [gate(), gate()];
      let waitingSteps = 2;
      const all = loading(database, [...rebuild, ...attach, ...waiting], {
        onStep: async (step) => {
          // Both connections are at a month; April has been compared, and its turn comes next.
          if (!/^create 2024-0[23]$/.test(step) || waitingSteps === 0) return;
          waitingSteps -= 1;
          if (waitingSteps === 0) reached.open();
          await written.opened;
        },
      });
      await reached.opened;
      await query(database, added("2024-04-02"));
      written.open();
      const { months } = await all.result;
      expect(months.find(({ month }) => month === "2024-04")).toMatchObject({ inserted: 49, updated: 101 });
      expect(await sumsOf(database)).toMatchObject({ "2024-04": sumsAfter["2024-04"] });
    });

    test("changes that never stop end the load with a conflict, with nothing published and nothing left over", async () => {
      const database = await fresh();
      const before = await sumsOf(database);
      const all = loading(database, [...merge, ...rebuild, ...attach], {
        onStep: async (step) => {
          if (step === "index 2024-02") await query(database, mark("2024-02-28"));
        },
      });
      expect(await codeOf(all.result)).toBe("LOAD_CONFLICT");
      expect(await sumsOf(database)).toEqual({ ...before, "2024-02": Number(before["2024-02"]) + 89 });
      expect(await query(database, "SELECT FROM load_run")).toEqual([]);
      expect(await unattached(database)).toEqual([]);
    });

    test.for(["committed", "not committed yet"])(
      "a row in the default partition, of a month that is being built, is kept: %s",
      async (how) => {
        const database = await fresh();
        const building = loading(database, attach, { at: how === "committed" ? "copy 2024-03" : "begin" });
        await building.held;
        await withClient(database, async (client) => {
          await client.query(`BEGIN; ${added("2024-03-20")}`);
          if (how === "committed") await client.query("COMMIT");
          building.release();
          if (how === "not committed yet") {
            await expect.poll(() => building.waits.length).toBeGreaterThan(0);
            await client.query("COMMIT");
          }
          const result = await building.result;
          expect(countsOf(result)).toEqual({ inserted: 200, updated: 0, unchanged: 0 });
          expect(await marksIn(database)).toEqual(["2024-03-20"]);
          const parts =
            "SELECT DISTINCT tableoid::regclass::text AS part FROM sales_daily WHERE date >= '2024-03-01' AND date < '2024-04-01'";
          expect(await query(database, parts)).toEqual([{ part: "sales_daily_2024_03" }]);
        });
      },
    );

    test.for([
      ["updates", "UPDATE sales_daily SET quantity = 90", { inserted: 3, updated: 7, unchanged: 200 }],
      ["deletes", "DELETE FROM sales_daily", { inserted: 4, updated: 6, unchanged: 200 }],
    ] as const)("a merge waits for a transaction that %s a row it is to change", async ([_, sql, counts]) => {
      const database = await fresh();
      await withClient(database, async (client) => {
        await client.query(`BEGIN; ${sql} WHERE date = '2024-01-02' AND store_id = 1 AND product_id = 1`);
        const merging = loading(database, merge);
        await untilWaiting(database, 1);
        await client.query("COMMIT");
        expect(countsOf(await merging.result)).toEqual(counts);
      });
      expect(await sumsOf(database)).toMatchObject({ "2024-01": sumsAfter["2024-01"] });
    });
  });

  describe("readers", () => {
    test("that hold up a swap are waited for, and later ones do not wait with it", async () => {
      const database = await fresh();
      await withClient(database, async (reader) => {
        await reader.query("BEGIN; SELECT count(*) FROM sales_daily");
        const all = loading(database, [...merge, ...rebuild, ...attach, ...waiting]);
        await expect.poll(() => all.waits.length, { timeout: 10_000 }).toBeGreaterThan(0);
        expect(all.waits[0]).toMatch(/^a moment without readers of sales_daily; .*idle in transaction/);
        const stall_ms = await longest(10, () => query(database, "SELECT sum(quantity) FROM sales_daily"));
        expect(stall_ms).toBeLessThan(1_000);
        await reader.query("COMMIT");
        expect(await all.result).toMatchObject({ published: true });
      });
      expect(await sumsOf(database)).toEqual(sumsAfter);
    });

    /** Lines that are merged into a stored month, and a few into a new one, which is swapped in. */
    const merged = [...day("2024-01-01", 6), ...day("2024-03-01", 5, 5)];

    test("that hold up a swap for long do not make the load write its rows again", async () => {
      const database = await fresh();
      const written = await withClient(database, async (reader) => {
        await reader.query("BEGIN");
        await reader.query("SELECT count(*) FROM sales_daily");
        const all = loading(database, merged);
        await expect.poll(() => all.waits.length, { timeout: 20_000 }).toBeGreaterThan(3);
        expect(all.waits[0]).toContain("for at most 300 s");
        await reader.query("COMMIT");
        const { inserted, updated } = await all.result;
        return inserted + updated;
      });
      expect(written).toBe(205);
      const counted = () =>
        query<{ rows: number }>(
          database,
          `SELECT sum(n_tup_ins + n_tup_upd)::int AS rows FROM pg_stat_user_tables
           WHERE relname LIKE 'sales_daily%' AND relname <> 'sales_daily_2024_02'`,
        ).then(([row]) => row?.rows ?? 0);
      // A session reports its statistics when it ends.
      await expect.poll(counted).toBeGreaterThanOrEqual(written);
      expect((await counted()) / written).toBeLessThanOrEqual(1.1);
    });

    test("do not make a load hold up a writer that waits for a row it has merged", async () => {
      const database = await fresh();
      await withClient(database, async (reader) => {
        await reader.query("BEGIN");
        await reader.query("SELECT count(*) FROM sales_daily");
        const all = loading(database, merged);
        await expect.poll(() => all.waits.length, { timeout: 20_000 }).toBeGreaterThan(0);
        await query(database, "UPDATE sales_daily SET quantity = 90 WHERE date = '2024-01-01'");
        await reader.query("COMMIT");
        expect(countsOf(await all.result)).toEqual({ inserted: 5, updated: 200, unchanged: 0 });
      });
      expect(await sumsOf(database)).toMatchObject({ "2024-01": 200 * 6 + 200 });
    });

    test("are not held up, nor is a vacuum waited for in vain, by the lock that keeps writers out", async () => {
      const database = await fresh();
      await withClient(database, async (vacuum) => {
        await vacuum.query("BEGIN");
        await vacuum.query(
          "LOCK TABLE sales_daily_2024_02, sales_daily_default IN SHARE UPDATE EXCLUSIVE MODE",
        );
        const all = loading(database, rebuild);
        await untilWaiting(database, 1);
        const begun = performance.now();
        const stall_ms = await longest(10, () => query(database, "SELECT sum(quantity) FROM sales_daily"));
        expect(stall_ms).toBeLessThan(1_000);
        // An autovacuum would have ended itself after a second.
        await sleep(Math.max(0, 1_500 - (performance.now() - begun)));
        await vacuum.query("COMMIT");
        expect(await all.result).toMatchObject({ published: true });
        expect(all.waits).toEqual([]);
      });
    });

    test("do not wait for a load that adds the stores, products and days it refers to", async () => {
      const database = await fresh();
      const products = Array.from({ length: 40 }, (_, index) => `N${index}`);
      const lines = Array.from(
        { length: 31 },
        (_, index) => `2024-07-${String(index + 1).padStart(2, "0")}`,
      ).flatMap((date) =>
        products.flatMap((sku) =>
          Array.from({ length: 20 }, (_, store) => `${date},M${store},${sku},5,2,10`),
        ),
      );
      let over = false;
      const all = loading(database, lines, { createMissing: true });
      const waited = async () => {
        let longest_ms = 0;
        while (!over) {
          const each = () =>
            query(database, "SELECT (SELECT count(*) FROM store) + (SELECT count(*) FROM sales_daily)");
          longest_ms = Math.max(longest_ms, await longest(1, each));
        }
        return longest_ms;
      };
      const [stall_ms, result] = await Promise.all([
        waited(),
        all.result.finally(() => {
          over = true;
        }),
      ]);
      expect(result).toMatchObject({
        inserted: 31 * 40 * 20,
        created: { store: 20, product: 40, calendar: 31 },
      });
      expect(stall_ms).toBeLessThan(1_000);
    });

    test("of a dimension do not hold up a load that drops leftovers, and the drop does not hold up others", async () => {
      const database = await fresh();
      await withClient(database, async (reader) => {
        await reader.query("BEGIN; SELECT count(*) FROM store");
        const failing = loading(database, [...rebuild, ...attach], {
          onStep: (step) => {
            if (step === "begin") throw new Error("enough");
          },
        });
        await expect(failing.result).rejects.toThrow("enough");
        const stall_ms = await longest(5, () => query(database, "SELECT count(*) FROM store"));
        expect(stall_ms).toBeLessThan(1_000);
      });
      expect(await load(database, { table: "sales_daily", files: [fileOf(linesOf(merge))] })).toMatchObject({
        published: true,
      });
      expect(await unattached(database)).toEqual([]);
    });

    test.for([
      ["merge", "attach"],
      ["merge", "waiting"],
    ] as const)("that come while %s and %s months are published see the new state", async (several) => {
      const database = await fresh();
      const before = await sumsOf(database);
      const after = { ...before };
      for (const kind of several) after[monthOf[kind]] = sumsAfter[monthOf[kind]];
      const all = loading(
        database,
        several.flatMap((kind) => kinds[kind]),
        { at: "commit" },
      );
      await all.held;
      const reading = Promise.all([
        sumsOf(database),
        sumsOf(database, "WHERE date < '2024-02-01' OR date >= '2024-03-01'"),
        sumsOf(database, "WHERE (SELECT true FROM store WHERE id = store_id)"),
      ]);
      await untilWaiting(database, 3);
      all.release();
      await all.result;
      const { "2024-02": _, ...some } = after;
      expect(await reading).toEqual([after, some, after]);
    });

    test("see one state after the other, never a mixture, and hardly wait", async () => {
      const database = await fresh();
      const states = [
        await sumsOf(database),
        sumsAfter,
        { ...sumsAfter, "2024-01": sumsAfter["2024-01"] + 7, "2024-02": sumsAfter["2024-02"] + 5600 },
      ];
      let over = false;
      let stall_ms = 0;
      let queries = 0;
      const reader = (where: string, months: readonly string[]) =>
        withClient(database, async (client) => {
          let state = 0;
          while (!over) {
            const begun = performance.now();
            const sums = await sumsBy(client, where);
            stall_ms = Math.max(stall_ms, performance.now() - begun);
            queries += 1;
            const own = states.map((sums) =>
              Object.fromEntries(Object.entries(sums).filter(([month]) => months.includes(month))),
            );
            const found = own.findIndex((expected, index) => index >= state && same(expected, sums));
            expect({ state, sums: found < 0 ? sums : "one of the states" }).toEqual({
              state,
              sums: "one of the states",
            });
            state = found;
            await sleep(1);
          }
          return state;
        });
      const every = Object.keys(sumsAfter);
      const readers = [
        reader("", every),
        reader("", every),
        reader("WHERE date >= '2024-02-01' AND date < '2024-03-01'", ["2024-02"]),
        reader("WHERE date < '2024-04-01'", every.slice(0, 3)),
      ];
      const loads = async () => {
        await load(database, {
          table: "sales_daily",
          files: [fileOf(linesOf(merge, rebuild, attach, waiting))],
        });
        const more = [
          ...day("2024-01-02", 6, 7),
          ...rebuild.map((line) => line.replace(/,5,2,10$/, ",6,2,12")),
        ];
        const { months } = await loading(database, more).result;
        expect(months.map(({ method }) => method)).toEqual(["merge", "rebuild"]);
      };
      await Promise.race([loads(), Promise.all(readers)]).finally(() => {
        over = true;
      });
      expect(await Promise.all(readers)).toEqual([2, 2, 2, 2]);
      console.log(`PostgreSQL ${server}: the longest of ${queries} queries took ${Math.round(stall_ms)} ms`);
      expect(stall_ms).toBeLessThan(1_000);
    });
  });
});

/** Sums of `quantity` by month after all lines are loaded: stored rows have 1, loaded rows 5. */
const sumsAfter = {
  "2024-01": 200 + 193 + 7 * 5 + 3 * 5,
  "2024-02": 5400 * 5 + 200 + 200 * 5,
  "2024-03": 200 * 5,
  "2024-04": 100 * 5 + 100 + 50 * 5,
};

const monthOf = { merge: "2024-01", rebuild: "2024-02", attach: "2024-03", waiting: "2024-04" } as const;

type Sums = Record<string, number>;

async function sumsBy(client: Client, where: string): Promise<Sums> {
  const { rows } = await client.query<{ month: string; sum: number }>(
    `SELECT to_char(date, 'YYYY-MM') AS month, sum(quantity)::int AS sum FROM sales_daily ${where} GROUP BY 1 ORDER BY 1`,
  );
  return Object.fromEntries(rows.map(({ month, sum }) => [month, sum]));
}

const sumsOf = (database: Database, where = "") => withClient(database, (client) => sumsBy(client, where));

const same = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other);

/** Months that were built and never attached. */
const unattached = (database: Database) =>
  query(
    database,
    "SELECT relname FROM pg_class WHERE relname LIKE '%\\_load\\_%' AND relkind = 'r' AND NOT relispartition",
  );

/** The longest of several runs in milliseconds, with pauses between them. */
async function longest(times: number, work: () => Promise<unknown>): Promise<number> {
  let longest_ms = 0;
  for (let time = 0; time < times; time++) {
    const begun = performance.now();
    await work();
    longest_ms = Math.max(longest_ms, performance.now() - begun);
    await sleep(20);
  }
  return longest_ms;
}
