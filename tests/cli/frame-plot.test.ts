import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { displayWidth } from "../../src/system/display-width.ts";
import { Workspace } from "../ingest/support/load.ts";
import { writeRows } from "../ingest/support/parquet.ts";
import { forecastlab } from "./support/command-line.ts";

/* `frame plot`: which series, how wide and high, and what is written. */

const workspace = new Workspace();
const rows = (from: number, count: number, y: string) => `
  SELECT unique_id, DATE '2024-01-01' + i::INTEGER AS ds${y}, i % 9 = 0 AS on_promotion
  FROM (VALUES ('S1/A', 1), ('東京/牛乳', 3), ('S2/B', 2)) AS series (unique_id, rank), range(${from}, ${from + count}) AS days (i)
  ORDER BY ALL`;
const file = await writeRows(
  rows(0, 120, ", rank * (i % 7) AS y, i % 50 = 8 AS is_stockout"),
  workspace.path("f.parquet"),
);
await writeRows(rows(120, 14, ""), workspace.path("f.future.parquet"));
writeFileSync(
  workspace.path("f.manifest.json"),
  JSON.stringify({ manifest_version: 1, spec: { target: "quantity" } }),
);
const plot = (args: readonly string[], options: Parameters<typeof forecastlab>[1] = {}) =>
  forecastlab(["frame", "plot", ...args], options);

describe("the series", () => {
  test("is the best seller without --series, and a note says so", async () => {
    const { status, stdout, stderr } = await plot([file]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^東京\/牛乳\nunits per day, /);
    expect(stderr).toBe("note 東京/牛乳 is the best seller; another one: --series NAME\n");
  });

  test("is the one that is named, without a note", async () => {
    const { stdout, stderr } = await plot([file, "--series", "S1/A"]);
    expect([stdout.split("\n")[0], stderr]).toEqual(["S1/A", ""]);
  });

  test("with --json has its grain and target, and nothing else is printed", async () => {
    const { json, stderr } = await plot([file, "--json"]);
    expect(json).toMatchObject({ unique_id: "東京/牛乳", target: "quantity", step: "day" });
    expect([json.training.length, json.future.length, stderr]).toEqual([120, 14, ""]);
  });
});

describe("the plot", () => {
  test.for([60, 80, 120, 200])("fits %i columns of a terminal, with and without colors", async (columns) => {
    const terminal = { isTTY: true, columns, rows: 40 };
    const colored = await plot([file], { terminal });
    const plain = await plot([file], { terminal, env: { NO_COLOR: "1" } });
    expect(colored.stdout).toContain("\x1b[");
    expect(colored.stdout.replaceAll(/\x1b\[\d+m/g, "")).toBe(plain.stdout);
    const lines = plain.stdout.trimEnd().split("\n");
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    const axis = lines.find((line) => line.includes("└")) ?? "";
    expect(displayWidth(axis)).toBeGreaterThan(columns * 0.7);
  });

  test("has no colors in a pipe, and takes LINES and COLUMNS", async () => {
    const piped = await plot([file], { env: { COLUMNS: "100", LINES: "50" } });
    expect(piped.stdout).not.toContain("\x1b");
    const bars = ({ stdout }: typeof piped) => stdout.split("\n").filter((line) => /[│┤]/.test(line)).length;
    expect(bars(piped)).toBeGreaterThan(bars(await plot([file], { env: { COLUMNS: "100", LINES: "20" } })));
  });
});

describe("--html", () => {
  test("writes the page, and says where", async () => {
    const html = workspace.path("best.html");
    const { status, stdout, stderr } = await plot([file, "--html", html, "--days", "30"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^東京\/牛乳 in .*best\.html, \d+\.\d kB\n$/);
    expect(stderr).toBe("note 東京/牛乳 is the best seller; another one: --series NAME\n");
    expect(readFileSync(html, "utf8")).toContain("the last 30 of 120 days");
  });

  test("with --json adds the file to the object", async () => {
    const html = workspace.path("json.html");
    const { json } = await plot([file, "--series", "S1/A", "--html", html, "--json"]);
    expect(json).toMatchObject({ unique_id: "S1/A", html, bytes: readFileSync(html).length });
  });

  test("never replaces a frame, and is refused before one is read", async () => {
    const before = readFileSync(file);
    const { status, stderr } = await plot([file, "--html", file]);
    expect(status).toBe(1);
    expect(stderr).toContain("the name of a page ends in .html or .htm. [FILE_UNWRITABLE]");
    expect(readFileSync(file)).toEqual(before);
  });
});

test.for([
  [["--days", "0"], 2, "USAGE"],
  [["--days", "many"], 2, "USAGE"],
  [["--series", "S9/Z"], 2, "FRAME_SERIES_UNKNOWN"],
  [["--html", "no-such-folder/x.html"], 1, "FILE_UNWRITABLE"],
] as const)("%j is refused in one sentence", async ([args, status, code]) => {
  const outcome = await plot([file, ...args]);
  expect(outcome).toMatchObject({ status, stdout: "" });
  expect(outcome.stderr).toMatch(new RegExp(`^error .*\\[${code}\\]\\n`));
  expect(existsSync("no-such-folder")).toBe(false);
});
