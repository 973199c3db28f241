import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { displayWidth } from "../../src/system/display-width.ts";
import { small, sold } from "../frame/support/scenarios.ts";
import { fillWarehouse } from "../frame/support/warehouse.ts";
import { Workspace } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { forecastlab, type Run } from "./support/command-line.ts";

/* The command: what it prints, its exit codes, and that it writes nothing. */

const database = await freshDatabase();
const days = (of: number, quantityOf: (day: number) => number) =>
  Array.from({ length: of }, (_, day) => quantityOf(day));
// 91 days up to 2024-03-31. A and B are steady, C is sold on every fifth day, D only in the last ten days.
await withClient(database, (client) =>
  fillWarehouse(
    client,
    small({
      products: [{ sku: "A" }, { sku: "B" }, { sku: "C" }, { sku: "D" }],
      sales: [
        ...sold(
          "S1",
          "A",
          "2024-01-01",
          days(91, (day) => 4 + (day % 3)),
        ),
        ...sold(
          "S1",
          "B",
          "2024-01-01",
          days(91, (day) => 9 + (day % 3)),
        ),
        ...sold(
          "S1",
          "C",
          "2024-01-01",
          days(91, (day) => (day % 5 === 0 ? 2 + (day % 2) : 0)),
        ),
        ...sold(
          "S1",
          "D",
          "2024-03-22",
          days(10, (day) => 50 + day),
        ),
      ],
    }),
  ),
);

const workspace = new Workspace();
const folder = workspace.path("");
const usual = ["--cutoff", "2024-03-31", "--horizon", "7"];
const run = (args: readonly string[], terminal = {}): Promise<Run> =>
  forecastlab(["frame", "readiness", ...args], {
    env: { DATABASE_URL: urlOf(database), NO_COLOR: "1" },
    cwd: folder,
    terminal,
  });

describe("forecastlab frame readiness", () => {
  test("prints the series by status and reason, the best sellers of each first, and writes nothing", async () => {
    const before = readdirSync(folder);
    const { status, stdout, stderr } = await run(usual);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
      "
      Readiness of 4 series up to 2024-03-31, for the 7 days after it
                         series
        fit                   2   50.0 %
        fit with limits       1   25.0 %
        not yet               1   25.0 %

        reason         series
        short_history       1   25.0 %  not yet: too little history for the horizon
        intermittent        1   25.0 %  fit with limits: sold now and then

      fit: 2 series, best sellers first
        S1/B
          91 days of history, 91 with a sale, smooth demand
        S1/A
          91 days of history, 91 with a sale, smooth demand

      fit with limits: 1 series, best sellers first
        S1/C
          a sale every 4.79 days, below 1.32 needed: longer periods (freq: week) have fewer zeros

      not yet: 1 series, best sellers first
        S1/D
          10 days of history, 14 needed: 4 more
      "
    `);
    expect(readdirSync(folder)).toEqual(before);
  });

  test("with --json prints all series, best sellers first, with the numbers of the manifest", async () => {
    const { status, json } = await run([...usual, "--json"]);
    expect(status).toBe(0);
    const { json: built } = await forecastlab(["frame", ...usual, "--out", "f.parquet", "--json"], {
      env: { DATABASE_URL: urlOf(database) },
      cwd: folder,
    });
    expect(json.readiness).toEqual(built.manifest.readiness);
    expect(json).toMatchObject({ cutoff: "2024-03-31", known_until: "2024-03-31", horizon: 7, freq: "day" });
    expect(json.series.map(({ unique_id }: { unique_id: string }) => unique_id)).toEqual([
      ...["S1/B", "S1/D", "S1/A", "S1/C"],
    ]);
    expect(json.series[1]).toEqual({
      ...{ unique_id: "S1/D", status: "not_yet" },
      reasons: [
        {
          ...{ code: "short_history", value: 10, needed: 14 },
          text: "10 days of history, 14 needed: 4 more",
        },
      ],
      ...{ periods: 10, sales_periods: 10, observed_periods: 10, imputed_share: 0, censored_share: 0 },
      ...{ demand_class: "smooth", adi: 1, cv2: expect.closeTo(82.5 / 9 / 54.5 ** 2, 9) },
      ...{ last_sale: "2024-03-31", priced_share: null },
    });
  });

  test("shows the status and the number of series that are asked for", async () => {
    const ids = async (...args: string[]) =>
      (await run([...usual, ...args, "--json"])).json.series.map(
        ({ unique_id }: { unique_id: string }) => unique_id,
      );
    expect(await ids("--status", "fit")).toEqual(["S1/B", "S1/A"]);
    expect(await ids("--status", "fit", "--top", "1")).toEqual(["S1/B"]);
    expect(await ids("--top", "1")).toEqual(["S1/B", "S1/D", "S1/C"]);
    const { stdout } = await run([...usual, "--top", "1"]);
    expect(stdout).toContain("fit: the 1 best seller of 2\n  S1/B\n");
  });

  test("takes weeks, a spec and a moment of knowledge", async () => {
    const spec = workspace.write("weeks.yaml", "version: 1\nfreq: week\nseries: { product: { sku: D } }");
    const { json } = await run([...usual.with(3, "2"), "--spec", spec, "--known-at", "2100-01-01", "--json"]);
    // Its first sale is on a Friday, but the warehouse has earlier sales.
    expect(json).toMatchObject({
      freq: "week",
      series: [{ unique_id: "S1/D", periods: 2, sales_periods: 2 }],
    });
    expect(json.series[0].reasons[0].text).toBe("2 weeks of history, 13 needed: 11 more");
  });

  test.for([60, 80, 200])("fits on a terminal of %i columns", async (columns) => {
    const { stdout } = await run(usual, { isTTY: true, columns });
    for (const line of stdout.split("\n")) expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
  });

  test.for([
    ["no cutoff", ["--horizon", "7"], 2, "USAGE", "'--cutoff <date>' not specified"],
    ["no horizon", ["--cutoff", "2024-03-31"], 2, "USAGE", "'--horizon <N>' not specified"],
    [
      "a status that is none",
      [...usual, "--status", "ready"],
      2,
      "USAGE",
      "Allowed choices are fit, fit_with_limits",
    ],
    ["a top of 0", [...usual, "--top", "0"], 2, "USAGE", "--top takes a number of series from 1, not 0."],
    ["a place", [...usual, "--out", "x.parquet"], 2, "USAGE", "frame readiness does not take --out"],
    ["a cutoff after the sales", usual.with(1, "2024-05-01"), 1, "FRAME_CUTOFF_OUTSIDE", "to 2024-03-31"],
    ["a spec that is not there", [...usual, "--spec", "no.yaml"], 1, "FILE_NOT_FOUND", "no.yaml"],
  ] as const)("refuses %s in one sentence", async ([, args, status, code, part]) => {
    const outcome = await run(args);
    expect(outcome).toMatchObject({ status, stdout: "" });
    const lines = outcome.stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(new RegExp(`^error .*[.?] \\[${code}\\]$`));
    expect(lines[0]).toContain(part);
  });
});
