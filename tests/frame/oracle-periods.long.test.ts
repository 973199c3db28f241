import fc from "fast-check";
import { describe, test } from "vitest";
import { freshDatabase } from "../support/warehouse.ts";
import { Frames } from "./support/agreement.ts";
import { coarseFrameCases } from "./support/requests.ts";

/*
 * Any frame of any small warehouse is equal, cell by cell, to the result of an independent oracle in plain SQL. The tests
 * oracle-drivers and oracle-series compare both with examples worked out by hand. FORECASTLAB_TEST_SEED draws other cases,
 * FORECASTLAB_TEST_RUNS more of them.
 */
describe("a frame of weeks or months and its oracle", async () => {
  const frames = new Frames(await freshDatabase());

  test("agree for weeks and months, cutoffs within them, and warehouses that begin within one", async () => {
    await fc.assert(
      fc.asyncProperty(coarseFrameCases, async (given) => void (await frames.agree(given))),
      { numRuns: Number(process.env.FORECASTLAB_TEST_RUNS ?? 40) },
    );
  }, 600_000);
});
