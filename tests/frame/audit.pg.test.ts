import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { type Database, databaseOf } from "../../src/database/connection.ts";
import { auditFrame } from "../../src/frame/audit/audit.ts";
import { daySql } from "../../src/frame/days.ts";
import type { Driver } from "../../src/frame/drivers/driver.ts";
import { inventorySnapshots } from "../../src/frame/drivers/inventory.ts";
import { engineTable } from "../../src/frame/engine-tables.ts";
import { parseSpec } from "../../src/frame/index.ts";
import { fillDays } from "../examples/support/examples.ts";
import { query } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { fillFiveMonths } from "./support/five-months.ts";

const request = { cutoff: "2024-03-31", horizon: 7 };

describe("the leakage audit", async () => {
  const database = await freshDatabase();
  beforeAll(() => fillFiveMonths(database));

  test("passes the default frame after every kind of change, and leaves the warehouse as it was", async () => {
    const before = await stateOf(database);
    const report = await auditFrame(database, request);
    expect(await stateOf(database)).toEqual(before);
    expect(report.checks.flatMap(({ differing }) => differing)).toEqual([]);
    expect(report.passed).toBe(true);
    expect(report.checks.map(({ name }) => name)).toEqual([
      "facts after the cutoff",
      "plans after the cutoff",
      "holidays after the cutoff",
      "facts within the smallest lag",
      "facts of the later half",
    ]);
    for (const { perturbed, rows, cells } of report.checks) {
      expect(perturbed).toBeGreaterThan(0);
      expect(cells).toBeGreaterThan(rows * 20);
    }
  });

  test("passes a recursive frame with lags from 1 day on", async () => {
    const path = fileURLToPath(new URL("../../examples/frames/recursive.yaml", import.meta.url));
    const spec = parseSpec(`${readFileSync(path, "utf8")}price_gaps: forward_fill\n`, path);
    expect(await auditFrame(database, { ...request, spec })).toMatchObject({ passed: true });
  });

  test("names each driver that uses more than its class or lag allows, and no other column", async () => {
    const report = await auditFrame(database, request, [sameDayBeyondCutoff, sameDayUpToCutoff, shortLag()]);
    expect(report.passed).toBe(false);
    expect(leaksOf(report, "facts after the cutoff")).toEqual(["future stock_beyond_cutoff"]);
    // A driver that reads facts up to the cutoff only does not change with later facts. Changes within the training days show its leak.
    expect(leaksOf(report, "facts within the smallest lag")).toEqual([
      "training stock_beyond_cutoff",
      "training stock_up_to_cutoff",
      "training stock_lag_7",
    ]);
    expect(report.checks[3]?.differing[0]).toMatchObject({
      rows: expect.any(Number),
      example: { unique_id: "S1/A", before: expect.any(String), after: expect.any(String) },
    });
  });

  test("catches rows that later facts add to a frame or remove from it", async () => {
    const report = await auditFrame(database, request, [onlyStockedDays]);
    expect(leaksOf(report, "facts after the cutoff")).toContain("future (row)");
  });
});

describe("the leakage audit of weeks and months", async () => {
  const database = await freshDatabase();
  beforeAll(() => fillFiveMonths(database));

  // Cutoffs at the end of a period and within one, warehouses that begin with a week, or within it.
  test.for([
    { freq: "week", cutoff: "2024-03-31", horizon: 2, spec: "" },
    {
      freq: "week",
      cutoff: "2024-04-03",
      horizon: 3,
      spec: "week_start: thursday\nprice_gaps: forward_fill",
    },
    { freq: "week", cutoff: "2024-03-27", horizon: 2, spec: "mode: recursive\nhistoric_min_lag: 1" },
    { freq: "month", cutoff: "2024-03-31", horizon: 1, spec: "" },
    {
      freq: "month",
      cutoff: "2024-04-15",
      horizon: 1,
      spec: "mode: recursive\nfill: null\nclosed_days: drop",
    },
  ] as const)("passes %j", async ({ spec, ...given }) => {
    const parsed = parseSpec(`version: 1\n${spec}`, "test.yaml");
    const report = await auditFrame(database, { ...given, spec: parsed });
    expect(report.checks.flatMap(({ differing }) => differing)).toEqual([]);
    expect(report).toMatchObject({ passed: true, freq: given.freq });
    for (const { perturbed, rows } of report.checks) expect(Math.min(perturbed, rows)).toBeGreaterThan(0);
  });

  test("passes rows that are the sums of weeks, of which perturbed ones are not", async () => {
    const weekly = await freshDatabase();
    await fillFiveMonths(weekly);
    await query(weekly, "DELETE FROM sales_daily WHERE extract(isodow FROM date) <> 3");
    const report = await auditFrame(weekly, { cutoff: "2024-04-14", horizon: 1, freq: "week" });
    expect(report.checks.flatMap(({ differing }) => differing)).toEqual([]);
    expect(report.passed).toBe(true);
  });

  test("names each driver that uses its own week, days after the last known one, or a lag one week short", async () => {
    // A Wednesday: known until Sunday the 24th.
    const midweek = { cutoff: "2024-03-27", horizon: 2, freq: "week" } as const;
    const leaks = [
      weeklyStock("stock_of_week", "date <= DATE '2024-03-24'", "history.period"),
      weeklyStock(
        "stock_until_cutoff",
        "date BETWEEN DATE '2024-03-25' AND DATE '2024-03-27'",
        "history.period",
      ),
      lagging(weeklyStock("stock_lag_2", "date <= DATE '2024-03-24'", "history.period - 1"), 2),
      lagging(weeklyStock("honest_lag_2", "date <= DATE '2024-03-24'", "history.period - 2"), 2),
    ];
    const report = await auditFrame(database, midweek, leaks);
    expect(leaksOf(report, "facts after the cutoff")).toEqual(["future stock_until_cutoff"]);
    expect(leaksOf(report, "facts within the smallest lag")).toEqual([
      "training stock_of_week",
      "training stock_lag_2",
    ]);
    expect(leaksOf(report, "facts of the later half")).toEqual([
      "training stock_of_week",
      "training stock_lag_2",
    ]);
    expect(report.passed).toBe(false);
  });
});

describe("the leakage audit passes", async () => {
  const database = await freshDatabase();
  beforeAll(async () => {
    await fillDays(database, "2024-01-01", "2024-12-31", "GB");
    await query(
      database,
      `INSERT INTO store (code, name) VALUES ('S1', 'One');
       INSERT INTO product (sku, name) VALUES ('A', 'A');
       INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
       SELECT d, 1, 1, 2147483647, 1, 9999999999.99
       FROM generate_series(date '2024-01-01', date '2024-03-01', interval '1 day') AS d;
       INSERT INTO inventory_snapshot_daily (date, store_id, product_id, on_hand_qty, on_order_qty)
       SELECT date, 1, 1, 2147483647, 2147483647 FROM sales_daily;
       INSERT INTO price_history (product_id, price, valid_from, valid_to)
       VALUES (1, 1, '-infinity', '2024-02-20'), (1, 99999999.99, '2024-02-21', 'infinity');
       INSERT INTO promotion (product_id, name, discount_amount, start_date, end_date)
       VALUES (1, 'Ever', 99999999.99, '2024-02-25', 'infinity')`,
    );
  });
  // A third of the rows is deleted, and with it one of three last days.
  test.for(["2024-03-01", "2024-02-29", "2024-02-28"])(
    "with one series that is sold up to the cutoff %s",
    async (cutoff) => {
      await query(database, "DELETE FROM sales_daily WHERE date > $1", [cutoff]);
      expect(await auditFrame(database, { cutoff, horizon: 7 })).toMatchObject({ passed: true });
    },
  );

  test("with a calendar that begins with the sales, less than a horizon ago", async () => {
    expect(await auditFrame(database, { cutoff: "2024-01-20", horizon: 28 })).toMatchObject({ passed: true });
  });

  test("with the largest numbers that the schema allows", async () => {
    expect(await auditFrame(database, { cutoff: "2024-02-15", horizon: 28 })).toMatchObject({ passed: true });
  });

  test("and only reads the warehouse, even if the search path names temporary tables last", async () => {
    const url = new URL(urlOf(database));
    url.searchParams.set("options", "-csearch_path=public,pg_temp");
    const touched = `
      SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::int AS rows FROM pg_stat_user_tables WHERE schemaname = 'public'`;
    const before = await query(database, touched);
    await auditFrame(databaseOf(url.href), { cutoff: "2024-02-15", horizon: 7 });
    await query(database, "SELECT pg_stat_force_next_flush()");
    expect(await query(database, touched)).toEqual(before);
  });

  test("with a temporary folder of any name", async () => {
    const temporary = mkdtempSync(join(tmpdir(), "forecastlab-test [it's]-"));
    vi.stubEnv("TMPDIR", temporary);
    try {
      expect(await auditFrame(database, { cutoff: "2024-02-15", horizon: 7 })).toMatchObject({
        passed: true,
      });
      expect(readdirSync(temporary)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      rmSync(temporary, { recursive: true });
    }
  });
});

function leaksOf(report: Awaited<ReturnType<typeof auditFrame>>, check: string): string[] {
  const found = report.checks.find(({ name }) => name === check);
  return found?.differing.map(({ frame, column }) => `${frame} ${column}`) ?? [];
}

function stateOf(database: Database) {
  return query(
    database,
    `SELECT (SELECT count(*) FROM sales_daily) AS sales, (SELECT sum(quantity) FROM sales_daily) AS quantity,
       (SELECT count(*) FROM calendar WHERE is_holiday) AS holidays, (SELECT count(*) FROM promotion) AS promotions`,
  );
}

/** A driver that gives the closing stock of a day, with a condition of its own on the facts it reads. */
function stock(name: string, condition: string, join: string, day: string): Driver {
  const table = engineTable({
    name,
    kind: "table",
    grain: "one row per day, store and product with a snapshot",
    columns: { day: "INTEGER", store_id: "INTEGER", product_id: "INTEGER", on_hand: "INTEGER" },
    madeBy: "stageTables",
    readBy: "the rows of the frame",
    droppedBy: null,
  });
  return {
    name,
    class: "future",
    reads: [inventorySnapshots],
    engineTables: [table],
    plan: () => ({
      staging: [
        {
          table,
          query: () =>
            `SELECT ${daySql("date")}, store_id, product_id, on_hand_qty FROM inventory_snapshot_daily WHERE ${condition}`,
          day: null,
        },
      ],
      join: `${join} ${table}
        ON ${table}.store_id = series.store_id AND ${table}.product_id = series.product_id AND ${table}.day = ${day}`,
      columns: [{ name, type: "INTEGER", sql: `${table}.on_hand`, description: "Leaks." }],
    }),
  };
}

const upToCutoff = "date <= DATE '2024-03-31'";

/** It gives the value of the day itself, and declares that it is known in advance. */
const sameDayBeyondCutoff = stock("stock_beyond_cutoff", "true", "LEFT JOIN", "history.period");
const sameDayUpToCutoff = stock("stock_up_to_cutoff", upToCutoff, "LEFT JOIN", "history.period");

/** It declares a lag of 7 days and reads 6. */
const shortLag = () => lagging(stock("stock_lag_7", upToCutoff, "LEFT JOIN", "history.period - 6"), 7);

/** The driver declares that it is historic, with this lag. */
function lagging(driver: Driver, lag: number): Driver {
  const plan: Driver["plan"] = (scope) => {
    const { columns, ...rest } = driver.plan(scope);
    return { ...rest, columns: columns.map((column) => ({ ...column, lag })) };
  };
  return { ...driver, class: "historic", plan };
}

/** A driver that gives the sum of the closing stocks of a week, of the days for which the condition holds. */
function weeklyStock(name: string, condition: string, period: string): Driver {
  const driver = stock(name, condition, "LEFT JOIN", period);
  // Weeks from Monday to Sunday, numbered as in a frame: 1970-01-01 was a Thursday.
  const number = `(${daySql("date")} + 3) / 7`;
  const plan: Driver["plan"] = (scope) => {
    const planned = driver.plan(scope);
    const staging = (planned.staging ?? []).map((staged) => ({
      ...staged,
      query: () => `
        SELECT ${number}, store_id, product_id, sum(on_hand_qty)::int
        FROM inventory_snapshot_daily
        WHERE ${condition}
        GROUP BY 1, 2, 3`,
    }));
    return { ...planned, staging };
  };
  return { ...driver, plan };
}

/** Days without a snapshot are not in the frame. */
const onlyStockedDays = stock("stock_of_the_day", "true", "JOIN", "history.period");
