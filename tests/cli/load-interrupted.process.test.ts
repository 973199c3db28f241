import { spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { fillDimensions, query, untilWaiting, Workspace } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { program } from "./support/command-line.ts";

/* Ctrl-C and a termination signal. */

const database = await freshDatabase();
await fillDimensions(database);
const workspace = new Workspace();
const env = { DATABASE_URL: urlOf(database), TMPDIR: workspace.path("tmp") };
mkdirSync(env.TMPDIR);

const header = "date,store_code,sku,quantity,unit_price,total_amount";

describe("an interrupted load", () => {
  test.for([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s in the middle: nothing published, nothing left behind, exit %i",
    async ([signal, status]) => {
      const before = await query(database, "SELECT count(*) FROM sales_daily");
      const lines = Array.from(
        { length: 29 },
        (_, day) => `2024-02-${String(day + 1).padStart(2, "0")},S2,B,1,1.00,1.00`,
      );
      const file = workspace.write("many.csv", [header, ...lines].join("\n"));
      await withClient(database, async (client) => {
        await client.query("BEGIN");
        await client.query(
          "SELECT pg_advisory_xact_lock(hashtext('forecastlab publish sales_daily'), 202402)",
        );
        const child = spawn(process.execPath, [program, "load", "sales_daily", file], {
          env: { ...process.env, ...env },
          stdio: ["ignore", "ignore", "pipe"],
        });
        let stderr = "";
        child.stderr.on("data", (chunk) => {
          stderr += chunk;
        });
        const closed = new Promise((resolve) => child.on("close", resolve));
        await untilWaiting(database, 1);
        expect(readdirSync(env.TMPDIR)).toHaveLength(1);
        child.kill(signal);
        expect(await closed).toBe(status);
        expect(stderr).toBe(
          `waiting for another load of sales_daily, 2024-02\nerror Interrupted by ${signal}; nothing was published. [INTERRUPTED]\n  Start again; nothing has changed.\n`,
        );
        await client.query("ROLLBACK");
      });
      expect(await query(database, "SELECT count(*) FROM sales_daily")).toEqual(before);
      expect(readdirSync(env.TMPDIR)).toEqual([]);
    },
  );
});
