import { expect, test } from "vitest";
import { load } from "../../src/ingest/index.ts";
import { withSilentProxy } from "../database/support/silent-proxy.ts";
import { freshDatabase } from "../support/warehouse.ts";
import { fillDimensions, query, Workspace } from "./support/load.ts";

const database = await freshDatabase();
await fillDimensions(database);
const workspace = new Workspace();
const header = "date,store_code,sku,quantity,unit_price,total_amount";
const file = workspace.csv([header, "2024-01-31,S1,A,2,1.50,3.00", "2024-02-01,S1,A,1,1.50,1.50"]);

test("a load whose network goes silent ends as soon as it knows, and can be repeated when its months are free", async () => {
  // Nothing heard for 1.2 s, 1.2 s for the question, and the server gives up after 12 s. Connecting takes up to 30 s.
  const impatient = "tcp_user_timeout=1200&connect_timeout=30";
  await withSilentProxy(database, impatient, async ({ database: far, goSilent }) => {
    let begun = 0;
    const loading = load(far, {
      table: "sales_daily",
      files: [file],
      onStep: (step) => {
        if (step !== "sweep leftovers") return;
        goSilent();
        begun = performance.now();
      },
    });
    await expect(loading).rejects.toMatchObject({ code: "DATABASE_SILENT" });
    // Without another attempt to connect, in order to clean up.
    expect(performance.now() - begun).toBeLessThan(12_000);
    expect(await load(database, { table: "sales_daily", files: [file], lockWait_s: 60 })).toMatchObject({
      published: true,
      inserted: 2,
    });
  });
  expect(await query(database, "SELECT FROM sales_daily")).toHaveLength(2);
});
