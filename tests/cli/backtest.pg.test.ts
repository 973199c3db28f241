import { mkdirSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { displayWidth } from "../../src/system/display-width.ts";
import { fillFiveMonths } from "../frame/support/five-months.ts";
import { Workspace } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { forecastlab } from "./support/command-line.ts";

/* The commands: what they print and write, and their exit codes. */

const database = await freshDatabase();
const workspace = new Workspace();
beforeAll(() => fillFiveMonths(database));
const usual = ["--cutoff", "2024-04-14", "--horizon", "30", "--folds", "2", "--step", "7"];

const runIn = (cwd: string, args: readonly string[], options: object = {}) =>
  forecastlab(["backtest", ...args], { env: { DATABASE_URL: urlOf(database) }, cwd, ...options });
const run = (...args: string[]) => runIn(workspace.folder, args);

describe("forecastlab backtest", () => {
  test("prints the scores of all models, the best first, also by step and by class", async () => {
    const { status, stdout, stderr } = await run(...usual, "--out", "f.parquet");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(
      stdout.replaceAll(/\d+\.\d s/g, "… s").replaceAll(/^ {2}ridge.*/gm, "  ridge …"),
    ).toMatchInlineSnapshot(`
      "2 folds of 30 days, 2024-03-09 to 2024-04-14, 6 series in the last one

        model           rmsse  wape %  bias %   mase    mae  % in 80
        ridge …
        mean_28         0.659    81.4    -5.0  0.728  3.071     81.3
        auto            0.663    81.7    -5.3  0.730  3.082     84.4
        ses_weekday     0.684    83.8    -9.5  0.750  3.161     90.6
        tsb_weekday     0.684    83.8    -6.6  0.750  3.161     84.4
        holt_winters    0.689    83.8    -2.4  0.750  3.161     87.5
        weekday_mean_8  0.690    85.2    -0.8  0.763  3.215     93.8
        naive           0.847    98.3    -9.0  0.865  3.709     75.0
        seasonal_naive  0.939   109.9     5.0  0.985  4.149     81.3

        wape in % by days ahead
        model            1-7   8-14  15-28    29+
        ridge …
        mean_28         77.8   89.1   83.3   62.9
        auto            78.9   88.8   83.4   63.1
        ses_weekday     81.2   92.4   84.6   65.1
        tsb_weekday     80.3   92.1   85.2   65.5
        holt_winters    81.9   88.5   85.4   69.3
        weekday_mean_8  82.3   94.0   86.6   64.7
        naive           95.2   97.7  104.5   80.0
        seasonal_naive  96.5  125.7  109.1  112.0

        296 scored rows, 64 rows of weight 0 apart
        ridge …
        extract … s, forecast … s, score … s
        forecasts: f.parquet
      "
    `);
    expect(stdout).not.toContain("\x1b");
    expect(readdirSync(workspace.folder)).toContain("f.parquet");
  });

  test.for([40, 50, 60, 80, 120, 200])(
    "fits on a terminal of %i columns, one line per model",
    async (columns) => {
      for (const environment of [{}, { NO_COLOR: "1" }]) {
        const env = { DATABASE_URL: urlOf(database), ...environment };
        const terminal = { isTTY: true, columns };
        const { stdout } = await runIn(workspace.folder, usual, { env, terminal });
        const plain = stdout.replaceAll(/\x1b\[\d+m/g, "");
        expect(plain === stdout).toBe("NO_COLOR" in environment);
        const lines = plain.split("\n");
        expect(Math.max(...lines.map(displayWidth)), plain).toBeLessThanOrEqual(columns);
        const all =
          columns < 80
            ? /^ {2}model +rmsse( +wape %)?/m
            : /^ {2}model +rmsse +wape % +bias % +mase +mae +% in 80$/m;
        expect(plain).toMatch(all);
        expect(lines.filter((line) => /^ {2}naive +\d\.\d{3} /.test(line)).length).toBe(1);
      }
    },
  );

  test("with --json prints the scores by group, in snake case", async () => {
    const { status, stderr, json } = await run(...usual, "--json");
    expect(status).toBe(0);
    const events = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(new Set(events.map(({ phase }) => phase))).toEqual(new Set(["extract", "forecast", "score"]));
    expect(json).toMatchObject({
      ...{ cutoff: "2024-04-14", horizon: 30, step: 7, freq: "day", season: 7, out: null },
      folds: [
        { cutoff: "2024-03-08", from: "2024-03-09", to: "2024-04-07", series: 6 },
        { cutoff: "2024-03-15", from: "2024-03-16", to: "2024-04-14", series: 6 },
      ],
      ridge: { strongest: expect.any(Array), lambda: expect.any(Number) },
      seconds: { extract: expect.any(Number), forecast: expect.any(Number), score: expect.any(Number) },
    });
    for (const scores of json.models) {
      expect(scores).toMatchObject({
        ...{ model: expect.any(String), rows: 296, rows_without_y: 0, rows_without_forecast: 0, series: 12 },
        ...Object.fromEntries(
          ["wape", "bias", "rmsse", "mase", "mae", "rmse"].map((name) => [name, expect.any(Number)]),
        ),
        weight_0: { rows: 64 },
        intervals: [{ level: 80 }, { level: 95 }],
      });
      expect(scores.by.step.map(({ group }: { group: string }) => group)).toEqual([
        "1-7",
        "8-14",
        "15-28",
        "29+",
      ]);
      expect(scores.by.store.map(({ group }: { group: string }) => group)).toEqual(["S1", "S2"]);
    }
    const keys = new Set<string>();
    JSON.stringify(json, (key, value) => {
      if (key !== "") keys.add(key);
      return value;
    });
    for (const key of keys) expect(key).toMatch(/^[a-z0-9_]+$/);
  });

  test("with --quiet prints nothing", async () => {
    expect(await run(...usual, "--quiet")).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  test("takes a spec and a grain", async () => {
    workspace.write("s.yaml", "version: 1\nfreq: week\nseries: { store: { code: S2 } }\ndrivers: [calendar]");
    const { json } = await run("--cutoff", "2024-04-14", "--horizon", "2", "--spec", "s.yaml", "--json");
    expect(json).toMatchObject({ freq: "week", season: 52, folds: { length: 3 } });
    expect(json.models[0].by.store).toHaveLength(1);
  });
});

describe("forecastlab backtest score", () => {
  test("prints the same scores for the file of a backtest", async () => {
    const { stdout } = await run(...usual, "--out", "again.parquet");
    const scored = await run("score", "again.parquet");
    expect(scored).toMatchObject({ status: 0, stderr: "" });
    const tables = (text: string) =>
      text
        .split("\n")
        .slice(1)
        .filter((line) => /^ {2}\S+ +[\d.-]+ /.test(line) && !/ridge:|extract/.test(line));
    expect(tables(scored.stdout)).toEqual(tables(stdout));
    expect(scored.stdout).toMatch(
      /^360 forecast rows of 6 series, 2 cutoffs from 2024-03-08 to 2024-03-15\n/,
    );
    const { json } = await run("score", "again.parquet", "--json");
    expect(json).toMatchObject({
      file: "again.parquet",
      rows: 360,
      series: 6,
      y_differs: 0,
      unknown_series: 0,
    });
  });

  test("says what the file lacks, what differs, and what the warehouse does not have", async () => {
    workspace.write(
      "mine.csv",
      "unique_id,ds,cutoff,y,my \u001b[31mmodel\nS1/A,2024-04-02,2024-04-01,,1\nS1/A,2024-04-03,2024-04-01,900,1\nS9/A,2024-04-02,2024-04-01,5,1\n",
    );
    const { status, stdout, stderr } = await run("score", "mine.csv");
    expect(status).toBe(0);
    expect(stderr).toBe(`\
note the file lacks 1 actual value: those of the warehouse were used
note 1 actual value of the file is not those of the warehouse: the file's were scored
note the warehouse does not have 1 series of the file
`);
    expect(stdout).toContain("my ␛[31mmodel");
    expect(stdout).not.toContain("\u001b[31m");
  });
});

describe("what cannot be done is one sentence, what to do and an exit code, and nothing is written:", () => {
  workspace.write("late.csv", "unique_id,ds,cutoff,y,m\nS1/A,2024-06-02,2024-06-01,1,1\n");
  workspace.write("nan.csv", "unique_id,ds,cutoff,y,m\nS1/A,2024-04-02,2024-04-01,1,NaN\n");
  workspace.write("columns.csv", "unique_id,ds,m\nS1/A,2024-04-02,1\n");
  const [cutoff, horizon] = [
    ["--cutoff", "2024-04-14"],
    ["--horizon", "7"],
  ];
  const both = [...cutoff, ...horizon, "--out", "x.parquet"];

  test.for([
    ["no cutoff", horizon, 2, "USAGE", "'--cutoff <date>' not specified"],
    ["no horizon", cutoff, 2, "USAGE", "'--horizon <N>' not specified"],
    [
      "folds that are no number",
      [...both, "--folds", "x"],
      2,
      "USAGE",
      "--folds takes a whole number from 1, not x",
    ],
    ["no folds", [...both, "--folds", "0"], 2, "USAGE", "--folds takes"],
    ["too many folds", [...both, "--folds", "101"], 2, "USAGE", "from 1 to 100, not 101"],
    ["step 0", [...both, "--step", "0"], 2, "USAGE", "--step takes a whole number from 1, not 0"],
    ["a grain that is none", [...both, "--freq", "year"], 2, "USAGE", "day, week, month"],
    [
      "folds beyond the data",
      [...both, "--folds", "20"],
      1,
      "BACKTEST_BEYOND_DATA",
      "the sales begin 2024-01-01",
    ],
    [
      "a cutoff before the data",
      ["--cutoff", "2023-01-01", ...horizon],
      1,
      "FRAME_CUTOFF_OUTSIDE",
      "2023-01-01",
    ],
    [
      "a cutoff after the data",
      ["--cutoff", "2024-05-01", ...horizon],
      1,
      "FRAME_CUTOFF_OUTSIDE",
      "2024-05-01",
    ],
    ["another ending", [...cutoff, ...horizon, "--out", "x.arrow"], 1, "FILE_UNWRITABLE", ".parquet or .csv"],
    ["an unknown subcommand", ["scroe", "f.csv"], 2, "USAGE", "did you mean score?"],
    ["no file", ["score"], 2, "USAGE", "'file'"],
    ["a file that is not there", ["score", "none.csv"], 1, "FILE_NOT_FOUND", "none.csv"],
    ["a folder", ["score", "."], 1, "FILE_IS_DIRECTORY", "."],
    [
      "a file of another kind",
      ["score", "../s.yaml"],
      1,
      "FORECASTS_UNREADABLE",
      "neither .parquet nor .csv",
    ],
    ["a file without columns", ["score", "../columns.csv"], 1, "FORECASTS_INVALID", "no column cutoff, y"],
    ["forecasts that are NaN", ["score", "../nan.csv"], 1, "FORECASTS_INVALID", "m has no forecast"],
    ["a cutoff of a file after the data", ["score", "../late.csv"], 1, "FRAME_CUTOFF_OUTSIDE", "2024-06-01"],
    [
      "options of the other command",
      ["score", "../nan.csv", "--folds", "3"],
      2,
      "USAGE",
      "does not take --folds",
    ],
    [
      "a cutoff to score",
      ["--cutoff", "2024-04-14", "score", "../nan.csv"],
      2,
      "USAGE",
      "does not take --cutoff",
    ],
  ] as const)("%s", async ([name, args, status, code, part]) => {
    const empty = workspace.path(name);
    mkdirSync(empty);
    const outcome = await runIn(empty, args);
    expect(outcome).toMatchObject({ status, stdout: "" });
    const lines = outcome.stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(new RegExp(`^error .*[.?] \\[${code}\\]$`));
    expect(lines[0]).toContain(part);
    expect(readdirSync(empty)).toEqual([]);
    const { json } = await runIn(empty, [...args, "--json"]);
    expect(json.error).toMatchObject({ code });
  });
});
