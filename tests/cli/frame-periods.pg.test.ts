import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fillDimensions, query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { forecastlab, type Run } from "./support/command-line.ts";

/* The command line for weeks, months and several cutoffs. */

const database = await freshDatabase();
await fillDimensions(database);
// Every day from Tuesday, 2 January, to Wednesday, 14 February 2024.
await query(
  database,
  `INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
   SELECT d, 1, 1, 2, 1.5, 3 FROM generate_series(date '2024-01-02', date '2024-02-14', interval '1 day') AS d`,
);

const workspace = new Workspace();
const folder = workspace.path("frames");
mkdirSync(folder);
const runIn = (cwd: string, ...args: string[]): Promise<Run> =>
  forecastlab(["frame", ...args], { env: { DATABASE_URL: urlOf(database) }, cwd });
const run = (...args: string[]) => runIn(folder, ...args);

describe("forecastlab frame --freq", () => {
  test("writes weeks, and says which day they are known until", async () => {
    const args = ["--cutoff", "2024-02-14", "--horizon", "2", "--freq", "week", "--out", "weekly.csv"];
    const { status, stdout, stderr } = await run(...args);
    expect(status).toBe(0);
    expect(stderr).toContain(
      "note the week of the cutoff 2024-02-14 is not complete: the frame uses facts up to 2024-02-11\n",
    );
    expect(stdout).toMatch(/^1 series up to 2024-02-11, and the 2 weeks after it\n/);
    const rows = (name: string) =>
      readFileSync(join(folder, name), "utf8")
        .split("\n")
        .slice(1, -1)
        .map((line) => line.split(",").slice(0, 3).join(" "));
    // The week of 1 January lacks its Monday.
    expect(rows("weekly.csv")).toEqual([
      ...["S1/A 2024-01-08 14.0", "S1/A 2024-01-15 14.0", "S1/A 2024-01-22 14.0", "S1/A 2024-01-29 14.0"],
      "S1/A 2024-02-05 14.0",
    ]);
    expect(rows("weekly.future.csv")).toEqual(["S1/A 2024-02-12 1", "S1/A 2024-02-19 2"]);
    const manifest = JSON.parse(readFileSync(join(folder, "weekly.manifest.json"), "utf8"));
    expect(manifest).toMatchObject({
      ...{ cutoff: "2024-02-14", known_until: "2024-02-11", horizon: 2 },
      spec: { freq: "week", week_start: "monday" },
    });
  });

  test("says nothing of it at the end of a week, and takes the freq of the spec", async () => {
    const spec = workspace.write("wednesdays.yaml", "version: 1\nfreq: week\nweek_start: thursday");
    const args = ["--cutoff", "2024-02-14", "--horizon", "1", "--spec", spec, "--out", "ending.parquet"];
    const { status, stdout, stderr } = await run(...args);
    expect(status).toBe(0);
    expect(stderr).not.toContain("is not complete");
    expect(stdout).toMatch(/^1 series up to 2024-02-14, and the week after it\n/);
  });

  test("audits weeks", async () => {
    const { status, stdout } = await run(
      "audit",
      "--cutoff",
      "2024-02-04",
      "--horizon",
      "2",
      "--freq",
      "week",
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Audit of the frame up to 2024-02-04 with a horizon of 2 weeks\n/);
  });
});

const folds = (...args: string[]) => run("--horizon", "3", "--out", "folds", ...args, "--json");

describe("forecastlab frame with several cutoffs", () => {
  test("writes a folder per cutoff, which are named in any order", async () => {
    const { status, json } = await folds("--cutoffs", "2024-02-10, 2024-01-31");
    expect(status).toBe(0);
    expect(readdirSync(join(folder, "folds"))).toEqual(["cutoff=2024-01-31", "cutoff=2024-02-10"]);
    expect(readdirSync(join(folder, "folds/cutoff=2024-01-31")).sort()).toEqual([
      ...["frame.future.parquet", "frame.manifest.json", "frame.parquet"],
    ]);
    expect(json.frames.map((frame: { manifest: { cutoff: string } }) => frame.manifest.cutoff)).toEqual([
      ...["2024-01-31", "2024-02-10"],
    ]);
  });

  test.for([
    [
      ["--folds", "3"],
      ["2024-02-04", "2024-02-07", "2024-02-10"],
    ],
    [
      ["--folds", "2", "--step", "7"],
      ["2024-02-03", "2024-02-10"],
    ],
    [
      ["--folds", "2", "--step", "1", "--freq", "week"],
      ["2024-01-28", "2024-02-10"],
    ],
  ] as const)("counts them back from the last one: %j", async ([args, expected]) => {
    const { status } = await folds("--cutoff", "2024-02-10", ...args);
    expect(status).toBe(0);
    expect(readdirSync(join(folder, "folds"))).toEqual(expected.map((cutoff) => `cutoff=${cutoff}`));
  });

  test("prints one line for each, and what the newest lacks", async () => {
    const args = [
      "--cutoff",
      "2024-02-14",
      "--folds",
      "2",
      "--step",
      "1",
      "--freq",
      "week",
      "--out",
      "lines",
    ];
    const { status, stdout, stderr } = await run("--horizon", "1", ...args);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^2 frames in lines, each with the week after it\n/);
    expect(stdout).toMatch(/\n +2024-02-04 +1 +4 +1 +lines\/cutoff=2024-02-04\/frame\.parquet\n/);
    expect(stdout).toMatch(/\n +2024-02-14 +1 +5 +1 +lines\/cutoff=2024-02-14\/frame\.parquet\n/);
    expect(stderr.match(/is not complete/g)).toHaveLength(1);
  });
});

describe("what is not a frame of periods or cutoffs is refused, and nothing is written:", () => {
  const out = ["--horizon", "1", "--out", "x"];
  const monthly = workspace.write("monthly.yaml", "version: 1\nfreq: month");
  test.for([
    [
      "an unknown period",
      ["--cutoff", "2024-02-14", "--freq", "year"],
      "USAGE",
      "Allowed choices are day, week, month",
    ],
    [
      "another period than the spec's",
      ["--cutoff", "2024-02-14", "--freq", "week", "--spec", monthly],
      "FRAME_SPEC_INVALID",
      "it is of freq: month, and freq: week was asked for",
    ],
    [
      "no complete period",
      ["--cutoff", "2024-01-13", "--freq", "month"],
      "FRAME_PERIOD_INCOMPLETE",
      "the first one is 2024-02-01 to 2024-02-29",
    ],
    [
      "a week that may go on",
      ["--cutoff", "2024-02-18", "--freq", "week"],
      "FRAME_CUTOFF_OUTSIDE",
      "2024-02-14",
    ],
    [
      "cutoffs and a cutoff",
      ["--cutoffs", "2024-02-14", "--cutoff", "2024-02-14"],
      "USAGE",
      "--cutoff was given too",
    ],
    ["cutoffs and folds", ["--cutoffs", "2024-02-14", "--folds", "2"], "USAGE", "--folds was given too"],
    ["cutoffs and a step", ["--cutoffs", "2024-02-14", "--step", "2"], "USAGE", "--step was given too"],
    ["an empty list of cutoffs", ["--cutoffs", ""], "DATE_INVALID", "YYYY-MM-DD"],
    ["a cutoff that is no day", ["--cutoffs", "2024-02-14,2024-02-30"], "DATE_INVALID", "2024-02-30"],
    [
      "one of the cutoffs outside the sales",
      ["--cutoffs", "2024-02-14,2024-02-15"],
      "FRAME_CUTOFF_OUTSIDE",
      "2024-02-15",
    ],
    ["folds without a cutoff", ["--folds", "2"], "USAGE", "'--cutoff <date>' not specified"],
    [
      "folds that are no number",
      ["--cutoff", "2024-02-14", "--folds", "two"],
      "USAGE",
      "--folds takes a whole number from 1, not two",
    ],
    [
      "no folds",
      ["--cutoff", "2024-02-14", "--folds", "0"],
      "USAGE",
      "--folds takes a whole number from 1, not 0",
    ],
    ["too many folds", ["--cutoff", "2024-02-14", "--folds", "1001"], "USAGE", "from 1 to 1000, not 1001"],
    [
      "folds before the sales",
      ["--cutoff", "2024-02-14", "--folds", "60"],
      "FRAME_CUTOFF_OUTSIDE",
      "from 2024-01-02 to 2024-02-14",
    ],
    ["a step without folds", ["--cutoff", "2024-02-14", "--step", "7"], "USAGE", "--step is for --folds"],
    [
      "a negative step",
      ["--cutoff", "2024-02-14", "--folds", "2", "--step=-7"],
      "USAGE",
      "--step takes a whole number from 1, not -7",
    ],
    [
      "a cutoff that is no day, with folds",
      ["--cutoff", "yesterday", "--folds", "2"],
      "DATE_INVALID",
      "yesterday",
    ],
  ] as const)("%s", async ([name, args, code, part]) => {
    const empty = workspace.path(name);
    mkdirSync(empty);
    const { status, stdout, stderr } = await runIn(empty, ...out, ...args);
    expect(stdout).toBe("");
    expect(status).not.toBe(0);
    expect(stderr).toMatch(new RegExp(`^error .*\\[${code}\\]\n`));
    expect(stderr).toContain(part);
    expect(readdirSync(empty)).toEqual([]);
  });

  test("a folder that holds anything but frames of cutoffs", async () => {
    const mine = workspace.path("mine");
    mkdirSync(join(mine, "x"), { recursive: true });
    workspace.write("mine/x/notes.txt", "mine");
    const { status, stderr } = await runIn(mine, ...out, "--cutoffs", "2024-02-14");
    expect(status).not.toBe(0);
    expect(stderr).toContain("[FRAME_OUTPUT_EXISTS]");
    expect(existsSync(join(mine, "x/notes.txt"))).toBe(true);
  });
});
