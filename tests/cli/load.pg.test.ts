import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fillDimensions, Workspace } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { forecastlab, type Run } from "./support/command-line.ts";

/* The command: what it prints, and its exit codes. */

const database = await freshDatabase();
await fillDimensions(database);
const workspace = new Workspace();
const env = { DATABASE_URL: urlOf(database) };

const header = "date,store_code,sku,quantity,unit_price,total_amount";
const sales = workspace.write(
  "sales.csv",
  `${header}\n2024-01-31,S1,A,2,1.50,3.00\n2024-02-01,S1,A,1,1.50,1.50\n`,
);
workspace.write("faulty.csv", `${header}\n2024-01-31,S1,B,2,1.50,3.00\n2024-02-30,S9,B,1,1.50,1.50\n`);

const run = (...args: string[]): Promise<Run> =>
  forecastlab(["load", ...args], { env, cwd: workspace.folder });

describe("forecastlab load", () => {
  test("prints how many rows were inserted, updated and rejected, and exits 0", async () => {
    const { status, stdout, stderr } = await run("sales_daily", "sales.csv");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.replaceAll(/\d+\.\d s/g, "… s")).toBe(`\
sales_daily from sales.csv: 2 rows in … s, load 1
  read 2 = 2 inserted + 0 updated + 0 unchanged + 0 duplicates + 0 rejected

          from - to          months  inserted  updated  unchanged
  attach  2024-01 - 2024-02       2         2        0          0

  read … s, check … s, compare … s, build … s, publish … s
`);
  });

  test("with --json prints one object with the same counts, and seconds by phase", async () => {
    const { status, json } = await run("sales_daily", sales, "--again", "--json");
    expect(status).toBe(0);
    expect(json).toMatchObject({
      table: "sales_daily",
      files: [{ path: sales, rows: 2 }],
      source_rows: 2,
      filtered: 0,
      read: 2,
      inserted: 0,
      updated: 0,
      unchanged: 2,
      duplicates: 0,
      rejected: 0,
      published: true,
      months: [
        { month: "2024-01", rows: 1, method: "unchanged", inserted: 0, updated: 0, unchanged: 1 },
        { month: "2024-02", rows: 1, method: "unchanged", inserted: 0, updated: 0, unchanged: 1 },
      ],
      rejects_file: null,
      reject_codes: {},
    });
    expect(Object.keys(json.seconds)).toEqual(["read", "check", "compare", "build", "publish"]);
  });

  test("lists rejects, says where all of them are, publishes nothing and exits 3", async () => {
    const { status, stdout, stderr } = await run("sales_daily", "faulty.csv");
    expect(status).toBe(3);
    expect(stdout).toContain(
      "read 2 = 0 inserted + 0 updated + 0 unchanged + 0 duplicates + 1 rejected\n    + 1 withheld\n",
    );
    expect(stderr).toContain(
      'faulty.csv record 2, date "2024-02-30": not a date of the calendar written YYYY-MM-DD',
    );
    expect(stderr).toContain('faulty.csv record 2, store_code "S9": the store is not in the table store');
    expect(stderr).toContain("UNKNOWN_STORE: load the table store first");
    const [, name = ""] = /the rejected rows are in (\S+)/.exec(stderr) ?? [];
    expect(name).toMatch(/^rejects-sales_daily-\d{8}T\d{6}Z-1\.csv$/);
    expect(stderr).toMatch(
      /^error 1 of 2 rows were rejected, .*Nothing was published\. \[REJECTS_OVER_LIMIT\]$/m,
    );
    const file = workspace.path(name);
    const [columns, row = ""] = readFileSync(file, "utf8").split("\n");
    expect(columns).toBe(`${header},_file,_record,_codes,_why`);
    expect(row).toMatch(
      /^2024-02-30,S9,B,1,1\.50,1\.50,faulty\.csv,2,DATE_INVALID UNKNOWN_STORE,"date ""2024-02-30"": not a/,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("with --json and too many rejects prints the counts and the error in one object", async () => {
    const { status, json } = await run("sales_daily", "faulty.csv", "--json", "--rejects", "r.csv");
    expect(status).toBe(3);
    expect(json).toMatchObject({
      rejected: 1,
      withheld: 1,
      published: false,
      rejects_file: "r.csv",
      error: { code: "REJECTS_OVER_LIMIT", received: { rejected: 1, read: 2, limit: 0, file: "r.csv" } },
    });
  });

  test("publishes the others within --max-rejects, and exits 0", async () => {
    expect(await run("sales_daily", "faulty.csv", "--max-rejects", "50%", "--dry-run")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("dry run: nothing was published"),
    });
  });

  test("in a dry run says how many rows would be rejected, and writes them only if that is asked for", async () => {
    const before = readdirSync(workspace.folder);
    const { stderr } = await run("sales_daily", "faulty.csv", "--dry-run");
    expect(stderr).toContain("  1 row would be rejected; --rejects FILE writes it to a file\n");
    expect(readdirSync(workspace.folder)).toEqual(before);
    const asked = await run("sales_daily", "faulty.csv", "--dry-run", "--rejects", "asked.csv");
    expect(asked.stderr).toContain("the rejected rows are in asked.csv\n");
    expect(readdirSync(workspace.folder)).toContain("asked.csv");
  });

  test("does not replace the settings file by rejects", async () => {
    const settings = workspace.write("settings/forecastlab.config.yaml", "home: here\n");
    const cwd = workspace.path("settings");
    const { status, stderr } = await forecastlab(
      ["load", "sales_daily", sales, "--rejects", "forecastlab.config.yaml"],
      { env, cwd },
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error .*it exists and is not a rejects file\. \[REJECTS_PATH_REFUSED\]$/m);
    expect(readFileSync(settings, "utf8")).toBe("home: here\n");
  });

  test.for([
    ["an unknown table", ["sales", "sales.csv"], 2, "TABLE_UNKNOWN"],
    ["no file", ["sales_daily"], 2, "USAGE"],
    ["a percentage over 100", ["sales_daily", "sales.csv", "--max-rejects", "101%"], 2, "USAGE"],
    ["a missing mapping", ["sales_daily", "sales.csv", "--mapping", "m.yaml"], 1, "FILE_NOT_FOUND"],
    ["a wrong delimiter", ["sales_daily", "sales.csv", "--delimiter", "tab"], 1, "DELIMITER_WRONG"],
  ] as const)("%s: one sentence, what to do, and the exit code", async ([, args, status, code]) => {
    const outcome = await run(...args);
    expect(outcome).toMatchObject({ status, stdout: "" });
    const lines = outcome.stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(new RegExp(`^error .*[.?] \\[${code}\\]$`));
  });

  test("a server that does not answer exits 1 and does not show the password", async () => {
    const outcome = await forecastlab(["load", "sales_daily", sales], {
      env: { ...env, DATABASE_URL: "postgresql://user:hunter2@127.0.0.1:1/x" },
    });
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    expect(outcome.stderr).toMatch(
      /^error No PostgreSQL server answers at 127\.0\.0\.1:1\/x: ECONNREFUSED\./,
    );
    expect(outcome.stderr).not.toContain("hunter2");
  });

  test("a rejects file in a folder that may not be written is one sentence", async () => {
    const folder = workspace.path("locked");
    mkdirSync(folder, { mode: 0o555 });
    const rejects = `${process.getuid?.() === 0 ? "/proc/sys" : folder}/r.csv`;
    const outcome = await run("sales_daily", "faulty.csv", "--rejects", rejects);
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    expect(outcome.stderr).toMatch(
      /^error .*r\.csv cannot be written: .*\[(FILE_NOT_PERMITTED|FILE_UNWRITABLE)\]$/m,
    );
  });
});
