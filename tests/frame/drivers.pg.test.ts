import { beforeAll, describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { auditFrame } from "../../src/frame/audit/audit.ts";
import { drivers } from "../../src/frame/drivers/index.ts";
import { driversWithFacts } from "../../src/frame/source/facts.ts";
import { readerOf } from "../../src/frame/source/snapshot.ts";
import { query } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { fillFiveMonths } from "./support/five-months.ts";
import { leakingReturns, returns } from "./support/returns-driver.ts";

/* A driver over a table that no driver of the library reads: its declaration is all that a frame and an audit need. */

const definition = { cutoff: "2024-03-31", horizon: 7 };

describe("a driver of returns", async () => {
  const database = await freshDatabase();
  const available = () =>
    withClient(database, (client) =>
      driversWithFacts(readerOf([client]), [drivers.traffic, returns], {
        cutoff: definition.cutoff,
        knownAt: null,
      }),
    );
  beforeAll(() => fillFiveMonths(database));

  test("is omitted from a default frame while its table has no facts up to the cutoff", async () => {
    await query(
      database,
      `INSERT INTO sales_txn (date, store_id, product_id, txn_id, line_no, quantity, unit_price, total_amount)
       SELECT date, store.id, product.id, product.id::text, 1, -(extract(day FROM date)::int % 5 + 1), 1, -1
       FROM calendar, store, product
       WHERE date BETWEEN '2024-04-01' AND '2024-04-10'`,
    );
    expect(await available()).toEqual({
      available: [drivers.traffic],
      left_out: [{ driver: "returns", columns: null, reason: "sales_txn has no facts up to the cutoff" }],
    });
    const { checks } = await auditFrame(database, definition, [returns]);
    expect(checks[0]?.cells).toBe((await auditFrame(database, definition)).checks[0]?.cells);
  });

  test("is in it as soon as there are facts, and its table is copied, changed and found not to leak", async () => {
    await query(
      database,
      `INSERT INTO sales_txn (date, store_id, product_id, txn_id, line_no, quantity, unit_price, total_amount)
       SELECT date - 60, store_id, product_id, txn_id, line_no, quantity, unit_price, total_amount FROM sales_txn`,
    );
    expect(await available()).toEqual({ available: [drivers.traffic, returns], left_out: [] });
    const [without, audited] = [
      await auditFrame(database, definition),
      await auditFrame(database, definition, [returns]),
    ];
    const [before, after] = [without.checks[0], audited.checks[0]];
    expect(audited.passed).toBe(true);
    expect(after?.changed).toBe("sales, inventory, traffic, weather and returns after 2024-03-31");
    // Ten days of two stores and three products, and one more column in all rows.
    expect((after?.perturbed ?? 0) - (before?.perturbed ?? 0)).toBe(60);
    expect((after?.cells ?? 0) - (before?.cells ?? 0)).toBe(after?.rows);
  });

  test("is caught if it gives the returns of the day itself", async () => {
    const { checks } = await auditFrame(database, definition, [returns, leakingReturns]);
    expect(checks[0]?.differing).toMatchObject([{ frame: "future", column: "returned", rows: 42 }]);
  });
});
