import { spawn } from "node:child_process";
import { openSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { program, spawnForecastlab } from "../cli/support/command-line.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { Workspace } from "./support/load.ts";

/* Rejects files of processes that know nothing of one another. */

const database = await freshDatabase();
const env = { DATABASE_URL: urlOf(database) };
const workspace = new Workspace();
workspace.write("stores.csv", "code,name\nF1,\n");

test("loads that run at the same time in one folder write a rejects file each", async () => {
  const loads = [1, 2, 3].map(() =>
    spawnForecastlab(["load", "store", "stores.csv"], { env, cwd: workspace.folder }),
  );
  const named = (await Promise.all(loads)).map(
    ({ stderr }) => /the rejected rows are in (\S+)/.exec(stderr)?.[1] ?? "none",
  );
  expect(new Set(named).size).toBe(3);
  expect(readdirSync(workspace.folder).sort()).toEqual([...named, "stores.csv"].sort());
});

test("what standard input was redirected from is not replaced", async () => {
  const content = "code,name,_file,_record,_codes,_why\nF1,,stores.csv,1,VALUE_MISSING,\n";
  const fixed = workspace.write("fixed.csv", content);
  const child = spawn(process.execPath, [program, "load", "store", "-", "--rejects", "fixed.csv"], {
    cwd: workspace.folder,
    env: { ...process.env, ...env },
    stdio: [openSync(fixed, "r"), "ignore", "pipe"],
  });
  const written: Buffer[] = [];
  child.stderr?.on("data", (chunk) => written.push(chunk));
  const status = await new Promise((resolve) => child.on("close", resolve));
  expect(status).toBe(2);
  expect(Buffer.concat(written).toString()).toContain("it is what is loaded. [REJECTS_PATH_REFUSED]");
  expect(readFileSync(fixed, "utf8")).toBe(content);
});
