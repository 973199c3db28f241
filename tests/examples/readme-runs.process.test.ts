import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { fillDimensions, query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";

/* The first program of the README, as a user runs it: in a folder with the built package and a file. */

test("the first program of the README loads its file", async () => {
  const database = await freshDatabase();
  await fillDimensions(database);
  const workspace = new Workspace();
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const [, program = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${root}README.md`, "utf8")) ?? [];
  // It has no types, so that Node runs it as it is.
  const path = workspace.write("program.mjs", program);
  mkdirSync(workspace.path("node_modules"));
  symlinkSync(root, workspace.path("node_modules/forecastlab"));
  workspace.write(
    "sales.csv",
    "date,store_code,sku,quantity,unit_price,total_amount\n2024-01-31,S1,A,2,1.50,3.00\n2024-02-01,S1,B,1,1.50,1.50\n",
  );
  const { stdout } = await promisify(execFile)(process.execPath, [path], {
    cwd: workspace.folder,
    env: { ...process.env, DATABASE_URL: urlOf(database) },
  });
  expect(stdout).toBe("2 0 0\n");
  expect(await query(database, "SELECT count(*)::int AS sales FROM sales_daily")).toEqual([{ sales: 2 }]);
});
