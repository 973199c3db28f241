import { describe, expect, test } from "vitest";
import { freshDatabase } from "../support/warehouse.ts";
import { Frames } from "./support/agreement.ts";
import { column, pricesOf, small, sold } from "./support/scenarios.ts";
import type { Warehouse } from "./support/warehouse.ts";

/*
 * What differs between the frames of several cutoffs that are built in one pass: each must know nothing of the facts after its own
 * cutoff. Worked out by hand, and compared with the oracle of each cutoff alone. 2024-01-01 is a Monday.
 */

const each = (quantity: number | null, days: number) => Array.from({ length: days }, () => quantity);
const nothing = { version: 1, lags: [], windows: [], weekday_windows: [], drivers: [] };

describe("frames of several cutoffs", async () => {
  const frames = new Frames(await freshDatabase());
  async function made(warehouse: Warehouse, cutoffs: readonly string[], spec: object, horizon = 2) {
    const given = {
      ...{ warehouse, cutoff: cutoffs[0] ?? "", horizon, knownAt: undefined },
      spec: JSON.stringify({ ...nothing, ...spec }),
    };
    const folds = await frames.agreeOnFolds(given, cutoffs);
    return folds ?? expect.fail("the frames were refused");
  }

  test("an earlier one has no series of products that are launched later", async () => {
    const warehouse = small({
      products: [{ sku: "A" }, { sku: "B" }],
      sales: [
        ...sold("S1", "A", "2024-01-01", each(1, 10)),
        ...sold("S1", "B", "2024-01-04", [0, 0, 5, 1, 1]),
      ],
    });
    const [third, fifth, sixth] = ["2024-01-03", "2024-01-05", "2024-01-06"];
    const folds = await made(warehouse, [sixth, third, fifth], { lags: [2] });
    expect(folds.map(({ future }) => [...new Set(future.rows.map(({ unique_id }) => unique_id))])).toEqual([
      ["S1/A"],
      ["S1/A"],
      ["S1/A", "S1/B"],
    ]);
    expect(folds.map(({ manifest }) => manifest.counts.series)).toEqual([1, 1, 2]);
  });

  test("in recursive mode, and with historic_min_lag: 1, values after its own cutoff are missing", async () => {
    const warehouse = small({
      sales: sold("S1", "A", "2024-01-01", [1, 2, 3, 4, 5, 6, 7, 8]),
      traffic: [1, 2, 3, 4, 5, 6, 7, 8].map((day) => ({
        store: "S1",
        date: `2024-01-0${day}`,
        visitors: 10 * day,
      })),
    });
    const windows = [{ days: 2, stats: ["sum"], lag: 1 }];
    const spec = {
      ...{ mode: "recursive", lags: [1, 2], windows, drivers: ["traffic"], historic_min_lag: 1 },
      ...{ traffic: { lags: [1], windows }, weekday_windows: [{ weeks: 1, stats: ["mean"], lag: 7 }] },
    };
    const folds = await made(warehouse, ["2024-01-04", "2024-01-06", "2024-01-08"], spec, 3);
    const names = ["y_lag_1", "y_lag_2", "y_sum_2_lag_1", "visitors_lag_1", "visitors_sum_2_lag_1"];
    const lacking = (day: number) => [
      [day, day - 1, 2 * day - 1, 10 * day, 20 * day - 10],
      [null, day, null, null, null],
      [null, null, null, null, null],
    ];
    expect(folds.map(({ future }) => column(future, ...names))).toEqual([4, 6, 8].map(lacking));
  });

  test("which series have ended is counted up to its own cutoff", async () => {
    const warehouse = small({
      products: [{ sku: "A" }, { sku: "B" }],
      sales: [
        ...sold("S1", "A", "2024-01-01", each(1, 20)),
        // It pauses for a week, so it has ended in between.
        ...sold("S1", "B", "2024-01-01", [2, 2, ...each(null, 8), 3]),
      ],
    });
    const cutoffs = ["2024-01-04", "2024-01-09", "2024-01-12", "2024-01-20"];
    const rowsOfB = async (policy: string) => {
      const folds = await made(warehouse, cutoffs, { ended: { after_days: 4, policy } }, 1);
      return folds.map(({ training, future }) =>
        [training, future].map(({ rows }) => rows.filter(({ unique_id }) => unique_id === "S1/B").length),
      );
    };
    expect(await rowsOfB("keep")).toEqual([
      [4, 1],
      [9, 1],
      [12, 1],
      [20, 1],
    ]);
    expect(await rowsOfB("trim")).toEqual([
      [4, 1],
      [2, 0],
      [12, 1],
      [11, 0],
    ]);
    expect(await rowsOfB("drop")).toEqual([
      [4, 1],
      [0, 0],
      [12, 1],
      [0, 0],
    ]);
  });

  test("prices are filled in its training rows only, although later frames fill them on the same days", async () => {
    const warehouse = small({
      sales: sold("S1", "A", "2024-01-01", each(1, 6)),
      prices: pricesOf([null, 3, "2024-01-01", "2024-01-02"]),
    });
    const spec = { drivers: ["price"], price_gaps: "forward_fill" };
    const folds = await made(warehouse, ["2024-01-02", "2024-01-03", "2024-01-06"], spec);
    const names = ["list_price", "list_price_is_filled"];
    const missing = [
      [null, false],
      [null, false],
    ];
    const own = [3, false];
    const filled = [3, true];
    expect(folds.map(({ future }) => column(future, ...names))).toEqual([missing, missing, missing]);
    expect(folds.map(({ training }) => column(training, ...names))).toEqual([
      [own, own],
      [own, own, filled],
      [own, own, filled, filled, filled, filled],
    ]);
    expect(folds.map(({ manifest }) => manifest.missing.list_price?.periods)).toEqual([2, 2, 2]);
  });

  test("whether rows are sums of weeks does not depend on later sales", async () => {
    // One row per week at first, on Wednesdays, and then daily.
    const sales = sold("S1", "A", "2024-01-03", [7, ...each(null, 6), 8, ...each(null, 6), ...each(1, 12)]);
    const folds = await made(
      small({ sales }),
      ["2024-01-14", "2024-01-21", "2024-01-28"],
      { freq: "week" },
      1,
    );
    const weeks = [
      ["2024-01-01", 7],
      ["2024-01-08", 8],
      ["2024-01-15", 5],
      ["2024-01-22", 7],
    ];
    expect(folds.map(({ training }) => column(training, "ds", "y"))).toEqual(
      [2, 3, 4].map((n) => weeks.slice(0, n)),
    );
  });

  test("a driver without facts up to its cutoff is not in it", async () => {
    const warehouse = small({
      sales: sold("S1", "A", "2024-01-01", each(1, 10)),
      traffic: [{ store: "S1", date: "2024-01-05", visitors: 3 }],
    });
    const spec = JSON.stringify({ version: 1 });
    const given = { warehouse, cutoff: "", horizon: 1, knownAt: undefined, spec };
    const folds = await frames.agreeOnFolds(given, ["2024-01-04", "2024-01-06"]);
    const traffic = folds?.map(({ training }) => training.columns.includes("visitors_lag_1"));
    expect(traffic).toEqual([false, true]);
    const leftOut = folds?.map(({ manifest }) =>
      manifest.left_out.some(({ driver }) => driver === "traffic"),
    );
    expect(leftOut).toEqual([true, false]);
  });

  test("of weeks: cutoffs within the same week are the same frame", async () => {
    const sales = sold("S1", "A", "2024-01-01", each(1, 21));
    const spec = { freq: "week", lags: [1] };
    const folds = await made(small({ sales }), ["2024-01-14", "2024-01-17", "2024-01-20"], spec, 1);
    expect(folds.map(({ manifest }) => manifest.known_until)).toEqual([
      "2024-01-14",
      "2024-01-14",
      "2024-01-14",
    ]);
    for (const { training, future } of folds) {
      expect(column(training, "ds", "y")).toEqual([
        ["2024-01-01", 7],
        ["2024-01-08", 7],
      ]);
      expect(column(future, "ds", "y_lag_1")).toEqual([["2024-01-15", 7]]);
    }
  });
});
