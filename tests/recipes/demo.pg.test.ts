import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, inject, test } from "vitest";
import { printDemoEnd, printDemoStep } from "../../src/cli/render/demo-report.ts";
import { createOutput } from "../../src/cli/render/output.ts";
import { databaseOf, withClient } from "../../src/database/connection.ts";
import type { DemoResult } from "../../src/recipes/demo.ts";
import { displayWidth } from "../../src/system/display-width.ts";
import { forecastlab } from "../cli/support/command-line.ts";
import { rememberingStreams } from "../cli/support/streams.ts";
import { Workspace } from "../ingest/support/load.ts";

describe("the demo", { timeout: 120_000 }, () => {
  const url = inject("servers")["18"] ?? "";
  const workspace = new Workspace();
  const out = workspace.path("frames of the demo");
  type Options = Parameters<typeof forecastlab>[1];
  const demo = (args: string[] = [], options: Options = {}) =>
    forecastlab(["demo", "--out", out, ...args], { ...options, env: { DATABASE_URL: url } });
  /** Of the second run. */
  let result: DemoResult;

  afterAll(() =>
    withClient(databaseOf(url), (client) =>
      client.query("DROP DATABASE IF EXISTS forecastlab_demo WITH (FORCE)"),
    ),
  );

  test("loads a month of a real shop, prints its figures, and builds, plots and audits a frame", async () => {
    const { status, stdout, stderr } = await demo();
    expect(status).toBe(0);
    // Without a terminal there is no progress.
    expect(stderr).toBe(`\
note omitted, because there are no facts up to the cutoff: price, promotion, inventory, traffic, weather
note omitted, because they would be empty: store_region, store_city, store_type, category and 12 more (such as store_region: no store has a value)
note sales have the amount that was paid: add_drivers: [observed_price] in a spec makes features of it
note mostly empty in the training frame: y_lag_14
note not in the frame: 37 stores and products with rows but without a sale
`);
    const parts = [
      /sales_txn +42,018 inserted/,
      /2010-12-06 +6 +120,187 +297,887\.54 +2\.48/,
      /1 +22423 +REGENCY CAKESTAND 3 TIER +2,036 +27,127\.31/,
      /3,835 series up to 2010-12-16, and the 7 days after it/,
      /frame\.parquet +47,009 /,
      /in Python: pd\.read_parquet\(".*frames of the demo\/frame\.parquet"\)/,
      /United Kingdom\/22423\nunits per day, 16 days, then 7 to forecast/,
      /cutoff 2010-12-16┊to forecast/,
      /facts after the cutoff +[\d,]+ +73,854 +[\d,]+ {2}same/,
      /Done in \d+\.\d s\. Type next:/,
    ];
    const places = parts.map((part) => [part, stdout.search(part)] as const);
    for (const [part, place] of places) expect(place, `${part} in ${stdout}`).not.toBe(-1);
    expect(places).toEqual(places.toSorted(([, a], [, b]) => a - b));
    expect(stdout).not.toContain("DIFFERS");
    expect(readdirSync(out).sort()).toEqual(["frame.future.parquet", "frame.manifest.json", "frame.parquet"]);
  });

  test("changes nothing in the database when it runs again, and writes the same frame", async () => {
    const before = readFileSync(`${out}/frame.parquet`);
    const { status, json, stderr } = await demo(["--json"]);
    expect(status).toBe(0);
    result = json;
    for (const { inserted, updated } of [json.calendar, ...json.loads, json.rollup]) {
      expect({ inserted, updated }).toEqual({ inserted: 0, updated: 0 });
    }
    for (const { already_loaded } of json.loads) expect(already_loaded).toHaveLength(1);
    expect(json.products).toHaveLength(10);
    expect(json.frame.manifest.counts).toMatchObject({ series: 3835, training_rows: 47_009 });
    expect(json.best_seller).toMatchObject({ unique_id: "United Kingdom/22423", step: "day" });
    expect(json.audit).toMatchObject({ passed: true, checks: { length: 5 } });
    const steps = ["schema", "calendar", "load", "rollup", "figures", "frame", "plot", "audit"];
    expect(Object.keys(json.seconds)).toEqual(steps);
    const phases = stderr.split("\n").flatMap((line) => (line === "" ? [] : JSON.parse(line).phase));
    expect(phases).toEqual(expect.arrayContaining(["connect", ...steps, "extract", "compute", "publish"]));
    expect(readFileSync(`${out}/frame.parquet`).equals(before)).toBe(true);
  });

  test("shows what it is doing on a terminal, in colors", async () => {
    const terminal = { isTTY: true, columns: 80, rows: 30 };
    const { stdout, stderr } = await demo([], { terminal });
    expect(stdout).toMatch(/sales_txn +loaded before/);
    expect(stdout).toContain("\x1b[1mUnited Kingdom/22423");
    for (const doing of [
      "connecting to PostgreSQL",
      "filling the calendar",
      "building a frame",
      "auditing",
    ]) {
      expect(stderr).toContain(`\r\x1b[K${doing}`);
    }
  });

  /** What is printed of the frame and after it. */
  function printed({ columns = 80, environment = {}, quiet = false, embedded = true, place = out }) {
    const { written, ...streams } = rememberingStreams({ isTTY: true, columns, rows: 30 });
    const options = { json: false, verbose: false, quiet, program: "npx forecastlab" };
    const output = createOutput(options, environment, streams);
    const frame = { ...result.frame, training: `${place}/frame.parquet` };
    const { weeks, products, best_seller, audit } = result;
    printDemoStep({ name: "figures", result: { weeks, products } }, output);
    printDemoStep({ name: "frame", result: frame }, output);
    printDemoStep({ name: "plot", result: best_seller }, output);
    printDemoStep({ name: "audit", result: audit }, output);
    printDemoEnd({ ...result, frame }, embedded, output);
    return written;
  }
  const nextLines = (text: string) => text.slice(text.indexOf("Type next:")).split("\n").slice(1);

  test("ends with lines to type, which a shell and this program take", async () => {
    const lines = nextLines(printed({ embedded: false, columns: 1000 }).stdout);
    const calls = lines.flatMap((line) => /^ {2}npx forecastlab (.*)$/.exec(line)?.[1] ?? []);
    expect(calls).toEqual([
      `frame plot '${out}/frame.parquet' --html plot.html`,
      "frame --cutoff 2010-12-16 --horizon 7 --folds 2 --out folds",
    ]);
    // A server of one's own may have a password, and needs no start.
    const asked = "db url -d forecastlab_demo --show-password";
    expect(lines).toContain(`  export DATABASE_URL="$(npx forecastlab ${asked})"`);
    const answer = await forecastlab(asked.split(" "), { env: { DATABASE_URL: url } });
    const cwd = workspace.path("next");
    mkdirSync(cwd);
    for (const call of calls) {
      const words = [...call.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
      const env = { DATABASE_URL: answer.stdout.trim() };
      expect(await forecastlab(words, { env, cwd })).toMatchObject({ status: 0 });
    }
    expect(readdirSync(cwd).sort()).toEqual(["folds", "plot.html"]);
  });

  test("fits on terminals, and every line to type fits on one of 80 columns", () => {
    const withoutColors = { NO_COLOR: "1" };
    for (const columns of [80, 120]) {
      const { stdout } = printed({ columns, environment: withoutColors, place: "forecastlab_demo" });
      expect(stdout).not.toContain("\x1b");
      expect(Math.max(...stdout.split("\n").map(displayWidth))).toBeLessThanOrEqual(columns);
      expect(nextLines(stdout)).toEqual([
        "  # the series with the most units, as a page for a browser",
        "  npx forecastlab frame plot forecastlab_demo/frame.parquet --html plot.html",
        "  # frames of two cutoffs, from the database forecastlab_demo",
        "  npx forecastlab db start",
        '  export DATABASE_URL="$(npx forecastlab db url -d forecastlab_demo)"',
        "  npx forecastlab frame --cutoff 2010-12-16 --horizon 7 --folds 2 --out folds",
        "  # in Python",
        "  import pandas as pd",
        '  train = pd.read_parquet("forecastlab_demo/frame.parquet")',
        "",
      ]);
    }
  });

  test("with --quiet prints what it was asked for: figures, plot and audit", () => {
    const { stdout, stderr } = printed({ quiet: true, environment: { NO_COLOR: "1" } });
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^\nWeeks\n/);
    expect(stdout).toContain("\n\nUnited Kingdom/22423\n");
    expect(stdout).not.toContain("in Python");
    expect(stdout.trimEnd()).toMatch(/facts of the later half .*same$/);
  });

  test("whose folder cannot be made says so before it loads anything", async () => {
    const file = workspace.path("a-file");
    writeFileSync(file, "");
    const { status, stdout, stderr } = await demo(["--out", file]);
    expect(status).toBe(1);
    expect(stderr).toContain("[FILE_UNWRITABLE]");
    expect(stdout).not.toContain("sales_txn");
  });
});
