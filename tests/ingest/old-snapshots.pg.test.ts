import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { freshDatabase, rowsOf, serverVersions } from "../support/warehouse.ts";
import { fillDimensions, loadCsv, Workspace } from "./support/load.ts";

/* What docs/loads.md says about snapshots that are older than a swap. */

const header = "date,store_code,sku,quantity,unit_price,total_amount";

describe.each(serverVersions())("a snapshot older than a swap on PostgreSQL %s", async (server) => {
  const workspace = new Workspace();
  const counts = `
    SELECT (SELECT count(*)::int FROM sales_daily) AS sales, (SELECT count(*)::int FROM load_run) AS loads`;

  test("sees the swapped month next to the old ledger, unless the tables were locked first", async () => {
    const database = await freshDatabase({ server });
    await fillDimensions(database);
    await withClient(database, async (client) => {
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      await client.query("SELECT 1");
      await loadCsv(workspace, database, "sales_daily", [header, "2024-01-31,S1,A,2,1.50,3.00"]);
      expect(await rowsOf(client, counts)).toEqual([{ sales: 1, loads: 0 }]);
      await client.query("COMMIT");

      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      await client.query("LOCK TABLE sales_daily, load_run IN ACCESS SHARE MODE");
      let waited = () => {};
      const waits = new Promise<void>((resolve) => {
        waited = resolve;
      });
      const second = loadCsv(workspace, database, "sales_daily", [header, "2024-02-01,S1,A,2,1.50,3.00"], {
        onWait: () => waited(),
      });
      await Promise.race([waits, second]);
      expect(await rowsOf(client, counts)).toEqual([{ sales: 1, loads: 1 }]);
      await client.query("COMMIT");
      await second;
      expect(await rowsOf(client, counts)).toEqual([{ sales: 2, loads: 2 }]);
    });
  });
});
