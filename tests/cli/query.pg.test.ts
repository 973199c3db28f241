import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { fillDimensions, loadCsv, query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { forecastlab } from "./support/command-line.ts";
import { rememberingStreams } from "./support/streams.ts";

/* query, tables and unload: what is printed, and the exit codes. */

const database = await freshDatabase();
await fillDimensions(database);
const workspace = new Workspace();
const env = { DATABASE_URL: urlOf(database) };
const cli = (...args: string[]) => forecastlab(args, { env, cwd: workspace.folder });

/** The same on a terminal. */
async function onTerminal(columns: number, ...args: string[]) {
  const { written, ...streams } = rememberingStreams({ isTTY: true, columns });
  const environment = { ...process.env, ...env, NO_COLOR: "1" };
  const status = await run(args, { streams, environment, signal: new AbortController().signal });
  return { status, ...written };
}

describe("forecastlab query", () => {
  test("prints a table with numbers to the right and NULL, and the number of rows on stderr", async () => {
    const sql =
      "SELECT * FROM (VALUES ('a', 1, 1.50), ('bc', 200, NULL), (NULL, 3, 10.25)) AS t (name, n, amount)";
    expect(await cli("query", sql)).toMatchObject({
      status: 0,
      stdout: `\
name    n  amount
────  ───  ──────
a       1    1.50
bc    200    NULL
NULL    3   10.25
`,
      stderr: "3 rows\n",
    });
  });

  test("cuts long texts on a terminal, but no number, and nothing elsewhere", async () => {
    const sql = "SELECT repeat('x', 100) AS text, 123456789012 AS number, '商品名称' AS name";
    const { stdout } = await onTerminal(60, "query", sql);
    for (const line of stdout.trimEnd().split("\n")) expect(line.length).toBeLessThanOrEqual(60);
    expect(stdout).toContain("…  123456789012  商品名称");
    expect((await cli("query", sql)).stdout).toContain("x".repeat(100));
  });

  test("prints a row as a list if its columns do not fit", async () => {
    const columns = Array.from({ length: 12 }, (_, index) => `${index} * 1000000000000 AS column_${index}`);
    const { stdout } = await onTerminal(60, "query", `SELECT ${columns.join(", ")}`);
    expect(stdout).toMatch(/^─ row 1\ncolumn_0 {3}0\ncolumn_1 {3}1000000000000\n/);
  });

  test("shows what would steer the terminal, in values and in names", async () => {
    const sql = `SELECT E'\\x1b[31mred\\n\\u009b\\u202e' AS "a\x1b[2Jb"`;
    for (const { stdout } of [await cli("query", sql), await onTerminal(80, "query", sql)]) {
      expect(stdout).toContain("␛[31mred␊\\u{9b}\\u{202e}");
      expect(stdout).toContain("a␛[2Jb");
      expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
    }
    const csv = await onTerminal(80, "query", sql, "--format", "csv");
    expect(csv.stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  test("says when there are more rows than --limit", async () => {
    expect(await cli("query", "TABLE calendar", "--limit", "2")).toMatchObject({
      status: 0,
      stderr: "2 rows; there are more than --limit allows\n",
    });
  });

  test("prints csv, json and ndjson; with --json one object", async () => {
    const sql = "SELECT code, id FROM store ORDER BY id";
    expect((await cli("query", sql, "--format", "csv")).stdout).toBe("code,id\nS1,1\nS2,2\n");
    const rows = [
      { code: "S1", id: 1 },
      { code: "S2", id: 2 },
    ];
    expect((await cli("query", sql, "--format", "json")).json).toEqual(rows);
    expect((await cli("query", sql, "--format", "ndjson")).stdout).toBe(
      '{"code":"S1","id":1}\n{"code":"S2","id":2}\n',
    );
    expect((await cli("query", sql, "--json")).json).toEqual({
      columns: [
        { name: "code", type: "text" },
        { name: "id", type: "integer" },
      ],
      rows,
      row_count: 2,
      more: false,
    });
  });

  test("writes a file in the format of its name, with the values of parameters, from a statement in a file", async () => {
    const file = workspace.write("stores.sql", "\ufeffSELECT code FROM store\nWHERE code = $1;\n");
    const { status, stderr } = await cli("query", "--file", file, "--param", "S2", "--out", "stores.csv");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "1 row in stores.csv\n" });
    expect(readFileSync(workspace.path("stores.csv"), "utf8")).toBe("code\nS2\n");
  });

  test("marks a fault below the SQL", async () => {
    expect(await cli("query", "SELECT quantty FROM sales_daily")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: `\
error The query is not valid: column "quantty" does not exist at line 1, column 8 (did you mean quantity?). [QUERY_INVALID]
  Correct it at the mark:

    1 | SELECT quantty FROM sales_daily
               ^
`,
    });
  });

  test.for([
    ["no statement", [], 2, "USAGE"],
    ["two statements", ["SELECT 1", "--file", "x.sql"], 2, "USAGE"],
    ["a file that is not there", ["--file", "x.sql"], 1, "FILE_NOT_FOUND"],
    ["a table in a file", ["SELECT 1", "--format", "table", "--out", "x.csv"], 2, "USAGE"],
    ["a limit that is no number", ["SELECT 1", "--limit", "ten"], 2, "USAGE"],
    ["a statement that writes", ["DELETE FROM store"], 2, "QUERY_ONLY_READS"],
    ["a query that takes too long", ["SELECT pg_sleep(9)", "--timeout", "1"], 1, "QUERY_TIMEOUT"],
    ["a file of unknown format", ["SELECT 1", "--out", "x.xlsx"], 2, "QUERY_FORMAT_UNKNOWN"],
  ] as const)("%s: one sentence and the exit code", async ([, args, status, code]) => {
    const outcome = await cli("query", ...args);
    expect(outcome).toMatchObject({ status, stdout: "" });
    expect(outcome.stderr).toMatch(new RegExp(`^error .* \\[${code}\\]\\n`));
  });

  test("Parquet is not printed on a terminal", async () => {
    const { status, stderr } = await onTerminal(80, "query", "SELECT 1", "--format", "parquet");
    expect(status).toBe(2);
    expect(stderr).toContain("write it to a file with --out");
  });
});

const sales = ["date,store_code,sku,quantity,unit_price,total_amount", "2024-01-31,S1,A,2,1.50,3.00"];

describe("forecastlab tables", () => {
  test("lists every table, and with --json the same as one object", async () => {
    await loadCsv(workspace, database, "sales_daily", sales);
    const { status, stdout, stderr } = await cli("tables");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^table +rows +size +first day +last day +last load$/m);
    expect(stdout).toMatch(
      /^sales_daily +1 +[\d.]+ kB +2024-01-31 +2024-01-31 +1, \d{4}-\d\d-\d\d \d\d:\d\d UTC$/m,
    );
    expect((await cli("tables", "--json")).json.tables).toHaveLength(11);
  });
});

describe("forecastlab unload", () => {
  test("shows with --dry-run what it would remove, asks only on a terminal, and removes with --yes", async () => {
    const { load_id } = await loadCsv(workspace, database, "sales_daily", [
      ...sales.slice(0, 1),
      "2024-02-01,S1,A,2,1.50,3.00",
    ]);
    const load = String(load_id);
    expect(await cli("unload", load, "--dry-run")).toMatchObject({
      status: 0,
      stdout: `Would remove 1 row of sales_daily, inserted by load ${load}.\n  2024-02  1\n  dry run: nothing was removed\n`,
    });
    expect(await cli("unload", load)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("There is no terminal to ask on: --yes does it without a question."),
    });
    expect(await query(database, "SELECT FROM sales_daily")).toHaveLength(2);
    expect(await cli("unload", load, "--yes")).toMatchObject({
      status: 0,
      stdout: `Removed 1 row of sales_daily, inserted by load ${load}.\n  2024-02  1\n`,
    });
    expect(await query(database, "SELECT FROM sales_daily")).toHaveLength(1);
    expect(await cli("unload", load)).toMatchObject({ status: 2 });
  });

  test("says why a load cannot be reverted, and exits 1", async () => {
    const { load_id } = await loadCsv(workspace, database, "sales_daily", [
      ...sales.slice(0, 1),
      "2024-01-31,S1,A,7,1.50,3.00",
    ]);
    const outcome = await cli("unload", String(load_id), "--dry-run");
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    expect(outcome.stderr).toMatch(
      /it updated 1 row, whose old values are not kept \(2024-01: 1\)\. \[UNLOAD_NOT_EXACT\]/,
    );
    expect((await cli("unload", String(load_id), "--yes", "--json")).json).toMatchObject({
      removed: false,
      obstacles: [{ kind: "updated" }],
      error: { code: "UNLOAD_NOT_EXACT" },
    });
  });

  test("a load is a number", async () => {
    expect(await cli("unload", "last")).toMatchObject({ status: 2 });
  });
});
