import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { auditFrame, buildFrame } from "../../src/frame/index.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { cents, fillDays, loadExample, queryRows } from "./support/examples.ts";
import { freshRetailFile, hasSharedData, parseCsv } from "./support/shared-data.ts";

describe.skipIf(!hasSharedData)("FreshRetailNet", async () => {
  const database = await freshDatabase();
  const source = hasSharedData ? parseCsv(readFileSync(freshRetailFile, "utf8")) : [];
  const file = [freshRetailFile];

  test("loads with its fractional quantities, without a price", async () => {
    await fillDays(database, "2024-03-28", "2024-06-25", "CN");
    expect(await loadExample(database, "store", file, "freshretailnet/store")).toMatchObject({ inserted: 4 });
    expect(await loadExample(database, "product", file, "freshretailnet/product")).toMatchObject({
      inserted: 105,
    });
    for (const table of ["sales_daily", "inventory_snapshot_daily"]) {
      const outcome = await loadExample(database, table, file, `freshretailnet/${table}`);
      expect(outcome).toMatchObject({ read: 21_600, inserted: 21_600, rejected: 0, duplicates: 0 });
    }
    expect(await loadExample(database, "promotion", file, "freshretailnet/promotion")).toMatchObject({
      inserted: source.filter(({ activity_flag }) => activity_flag === "1").length,
    });
    expect(await loadExample(database, "weather_daily", file, "freshretailnet/weather_daily")).toMatchObject({
      read: 21_600,
      inserted: 4 * 90,
      duplicates: 21_600 - 4 * 90,
    });
  });

  test("no part of a quantity is lost, and the price is the discount", async () => {
    const [row] = await queryRows<{ quantity: string; price: string; stockouts: string; rain: string }>(
      database,
      `SELECT
         (SELECT sum(quantity) FROM sales_daily) AS quantity,
         (SELECT min(unit_price) FROM sales_daily) AS price,
         (SELECT count(*) FROM inventory_snapshot_daily WHERE is_stockout) AS stockouts,
         (SELECT max(precipitation_mm) FROM weather_daily) AS rain`,
    );
    const hundredths = source.map(({ sale_amount }) => cents(sale_amount));
    expect(Number(row?.quantity)).toBe(hundredths.reduce((a, b) => a + b, 0));
    expect(row?.price).toBe(Math.min(...source.map(({ discount }) => Number(discount))).toFixed(2));
    expect(Number(row?.stockouts)).toBe(source.filter((line) => line.stock_hour6_22_cnt === "16").length);
    expect(row?.rain).toBe(Math.max(...source.map(({ precpt }) => Number(precpt))).toFixed(2));
  });

  test("makes a frame of fractional sales, stockouts, discounts and weather, and nothing in it leaks", async () => {
    await fillDays(database, "2024-06-26", "2024-07-31", "CN");
    const report = await auditFrame(database, { cutoff: "2024-06-11", horizon: 14 });
    expect(report.checks.flatMap(({ differing }) => differing)).toEqual([]);
    // 240 series with 14 days to come each; one series' first sale is a day after the data's first day.
    expect(report.checks[0]).toMatchObject({ rows: 76 * 240 - 1 + 14 * 240 });
  });

  // The data begin on Thursday, 28 March.
  test.for([
    { freq: "week", cutoff: "2024-06-11", horizon: 2, periods: 10 },
    { freq: "month", cutoff: "2024-05-31", horizon: 1, periods: 2 },
  ] as const)("makes a frame of periods, and nothing in it leaks: %j", async ({ periods, ...request }) => {
    const report = await auditFrame(database, request);
    expect(report.checks.flatMap(({ differing }) => differing)).toEqual([]);
    expect(report.checks[0]).toMatchObject({ rows: (periods + request.horizon) * 240 });
  });

  test("its spec in examples/frames leaves out what the data does not have", async () => {
    const folder = mkdtempSync(join(tmpdir(), "forecastlab-test-"));
    const spec = fileURLToPath(new URL("../../examples/frames/freshretailnet.yaml", import.meta.url));
    try {
      const out = join(folder, "fresh.parquet");
      const { manifest } = await buildFrame(database, { cutoff: "2024-06-11", horizon: 7, spec, out });
      expect(manifest.counts).toMatchObject({ series: 240, future_rows: 240 * 7, closed: 0 });
      const names = manifest.columns.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(["y_weekday_max_4_lag_7", "temperature_avg_c_lag_7"]));
      expect(names.filter((name) => /price|visitors|brand/.test(name))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
