import { beforeAll, describe, expect, test } from "vitest";
import type { BacktestRequest } from "../../src/backtest/index.ts";
import { backtestFrom } from "../../src/backtest/run/backtest.ts";
import { withClient } from "../../src/database/connection.ts";
import { perturbationsOf } from "../../src/frame/audit/perturbations.ts";
import { makeScratch, withPerturbation } from "../../src/frame/audit/scratch.ts";
import type { Driver } from "../../src/frame/drivers/driver.ts";
import { allDrivers } from "../../src/frame/drivers/index.ts";
import { parseSpec } from "../../src/frame/index.ts";
import { frameTables } from "../../src/frame/source/frame-tables.ts";
import { readerOf } from "../../src/frame/source/snapshot.ts";
import { fillFiveMonths } from "../frame/support/five-months.ts";
import { leakingReturns, returns } from "../frame/support/returns-driver.ts";
import { dayAfter } from "../frame/support/warehouses.ts";
import { query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { type ForecastRow, modelColumns, rowsOfFile, saidBy } from "./support/forecast-files.ts";

/* What a fold forecasts does not change with the facts after its cutoff, and a planted leak is found. */

const cutoff = "2024-04-14";

describe("the facts after a cutoff", async () => {
  const database = await freshDatabase();
  const workspace = new Workspace();
  let files = 0;
  beforeAll(async () => {
    await fillFiveMonths(database);
    // The returns of a day follow its sales, so that to know them is to know something of the sales.
    await query(
      database,
      `INSERT INTO sales_txn (txn_id, line_no, date, store_id, product_id, quantity, unit_price, total_amount)
       SELECT concat_ws('-', date, store_id, product_id), 1, date, store_id, product_id, -1 - quantity, 1, -1 - quantity
       FROM sales_daily`,
    );
  });

  /** Folds of a request as the warehouse is, and each time after the facts after one of some days were changed. */
  async function forecastsOf(
    request: Partial<BacktestRequest>,
    options: { readonly extra?: readonly Driver[]; readonly days: (cutoffs: string[]) => string[] },
  ) {
    const { extra = [], days } = options;
    const tables = frameTables([...allDrivers, ...extra]);
    const { statements } = perturbationsOf("facts", tables);
    return withClient(database, async (client) => {
      await makeScratch(client, tables);
      const run = async () => {
        const out = workspace.path(`leaks-${++files}.parquet`);
        const whole = { cutoff, horizon: 7, folds: 3, ...request, out };
        await backtestFrom((work) => work(readerOf([client])), whole, { extra });
        return rowsOfFile(out);
      };
      const before = await run();
      const changed: { day: string; after: ForecastRow[] }[] = [];
      const cutoffs = [...new Set(before.map((row) => row.cutoff))];
      for (const day of days(cutoffs)) {
        const { rows, result } = await withPerturbation(client, statements, day, run);
        expect(rows).toBeGreaterThan(50);
        changed.push({ day, after: result });
      }
      return { cutoffs, before, changed };
    });
  }

  const lastDayOf = {
    day: (from: string) => from,
    week: (from: string) => dayAfter(from, 6),
    month: (from: string) => dayAfter(from, Number(from.slice(5, 7)) === 2 ? 28 : 30),
  };
  const specOf = (spec: object) => parseSpec(JSON.stringify({ version: 1, ...spec }), "test.yaml");

  test.for<[string, Partial<BacktestRequest>]>([
    ["folds one after the other", {}],
    ["folds that overlap: of one, only some residuals are known at the next", { step: 3 }],
    ["folds with days between them", { step: 11, folds: 2 }],
    ["weeks", { freq: "week", horizon: 2, step: 1 }],
    ["months", { freq: "month", horizon: 1, folds: 2, cutoff: "2024-03-31" }],
    ["amounts", { folds: 2, spec: specOf({ target: "total_amount", mode: "recursive", fill: null }) }],
  ])("change no forecast and no interval: %s", async ([, request]) => {
    const lastDay = lastDayOf[request.freq ?? "day"];
    const { cutoffs, before, changed } = await forecastsOf(request, { days: (all) => all.map(lastDay) });
    expect(modelColumns(before[0] as ForecastRow)).toContain("ridge");
    for (const [index, { day, after }] of changed.entries()) {
      for (const earlier of cutoffs.slice(0, index + 1)) {
        expect(saidBy(before, earlier)).not.toEqual([]);
        expect(saidBy(after, earlier), `${earlier} with other facts after ${day}`).toEqual(
          saidBy(before, earlier),
        );
      }
      // It is not that nothing changed.
      for (const later of cutoffs.slice(index + 1)) {
        expect(saidBy(after, later)).not.toEqual(saidBy(before, later));
      }
    }
  });

  const changedColumns = async (driver: Driver) => {
    const { before, changed } = await forecastsOf(
      { folds: 1 },
      { extra: [driver], days: () => ["2024-04-07"] },
    );
    return modelColumns(before[0] as ForecastRow).filter((name) =>
      before.some((row, index) => row[name] !== changed[0]?.after[index]?.[name]),
    );
  };

  test("change the ridge if a driver leaks them, and only the ridge", async () => {
    expect(await changedColumns(leakingReturns)).toEqual(["ridge"]);
  });

  test("do not if the same driver is a horizon behind", async () => {
    expect(await changedColumns(returns)).toEqual([]);
  });
});
