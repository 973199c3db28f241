import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fillDimensions, query, Workspace } from "../ingest/support/load.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { forecastlab, type Run } from "./support/command-line.ts";

/* The command: what it prints and writes, its exit codes, and that nothing is written if it fails. */

const database = await freshDatabase();
await fillDimensions(database);
// S1/A sells every day but Mondays from 2 January to 14 February, S2/B on two days, S2/A never.
await query(
  database,
  `INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
   SELECT d, 1, 1, extract(isodow FROM d), 1.5, extract(isodow FROM d) * 1.5
   FROM generate_series(date '2024-01-02', date '2024-02-14', interval '1 day') AS d
   WHERE extract(isodow FROM d) <> 1
   UNION ALL
   VALUES (date '2024-02-03', 2, 2, 4, 2.0, 8.0), (date '2024-02-09', 2, 2, 1, 2.0, 2.0), (date '2024-02-09', 2, 1, 0, 1.5, 0.0)`,
);
await query(
  database,
  `INSERT INTO price_history (product_id, store_id, price, valid_from, valid_to)
   VALUES (1, NULL, 1.80, '2024-01-01', '2024-02-11'), (1, NULL, 1.50, '2024-02-12', '2024-02-18'), (2, NULL, 2.00, '2024-01-01', NULL)`,
);
await query(
  database,
  `INSERT INTO promotion (product_id, name, discount_pct, start_date, end_date)
   VALUES (1, 'Valentine', 0.2, '2024-02-10', '2024-02-16')`,
);
await query(
  database,
  `INSERT INTO inventory_snapshot_daily (date, store_id, product_id, on_hand_qty)
   VALUES ('2024-02-04', 1, 1, 5), ('2024-02-05', 1, 1, 0)`,
);

const workspace = new Workspace();
const folder = workspace.path("frames");
mkdirSync(folder);
const run = (...args: string[]): Promise<Run> => runIn(folder, ...args);
const runIn = (cwd: string, ...args: string[]): Promise<Run> =>
  forecastlab(["frame", ...args], { env: { DATABASE_URL: urlOf(database) }, cwd });
const write = (...args: string[]) => run("--cutoff", "2024-02-14", "--horizon", "7", ...args);

describe("forecastlab frame", () => {
  test("writes three files, says what is in them, and names on stderr what the future lacks", async () => {
    const { status, stdout, stderr } = await write("--out", "f.parquet");
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `\
note omitted, because there are no facts up to the cutoff: traffic, weather
note no list price is planned for 3 days of 1 series to forecast, such as S1/A from 2024-02-19 to 2024-02-21
note not in the frame: 1 store and product with rows but without a sale
`,
    });
    expect(readdirSync(folder).sort()).toEqual(["f.future.parquet", "f.manifest.json", "f.parquet"]);
    const numbered = stdout.replaceAll(/\d+\.\d s/g, "… s").replaceAll(/ +\d+\.\d kB/g, " … kB");
    expect(numbered).toMatchInlineSnapshot(`
      "2 series up to 2024-02-14, and the 7 days after it
                          rows      size
        f.parquet           56 … kB
        f.future.parquet    14 … kB
        f.manifest.json

                  rows
        imputed     16   28.6 %  without a sales row: y is 0
        stockout     1    1.8 %  no stock at the end of the day: weight 0
        closed      16   28.6 %  the store sold nothing at all

        columns
        key          3  unique_id, ds, horizon_step
        target       1  y
        mask         4  is_imputed, is_stockout, is_store_closed, sample_weight
        static       9  store_code, store_region, store_city, store_type and 5 more
        future      25  day_of_week, day_of_month, week_of_year, month and 21 more
        historic    18  y_lag_7, y_lag_14, y_lag_28, y_lag_364 and 14 more

        extract … s, compute … s, publish … s
        in Python: pd.read_parquet("f.parquet")
      "
    `);
  });

  test("with --json prints the paths and the manifest, the same as in its file", async () => {
    const { status, json } = await write("--out", "g.csv", "--json");
    expect(status).toBe(0);
    expect(json).toMatchObject({
      training: "g.csv",
      future: "g.future.csv",
      manifest_file: "g.manifest.json",
      manifest: {
        ...{ manifest_version: 2, cutoff: "2024-02-14", horizon: 7, known_at: null },
        counts: { series: 2, training_rows: 56, future_rows: 14, stockout: 1, series_without_sale: 1 },
        files: [
          { path: "g.csv", frame: "training", rows: 56 },
          { path: "g.future.csv", frame: "future", rows: 14 },
        ],
        missing: { list_price: { series: 1, periods: 3 } },
      },
    });
    expect(JSON.parse(readFileSync(join(folder, "g.manifest.json"), "utf8"))).toEqual(json.manifest);
    expect(readFileSync(join(folder, "g.csv"), "utf8").split("\n")[1]).toMatch(/^S1\/A,2024-01-02,2/);
  });

  test("takes a spec, and a moment of knowledge, and partitions", async () => {
    const spec = workspace.write(
      "s.yaml",
      "version: 1\nseries: { store: { code: S2 } }\ndrivers: [store]\nlags: [7]",
    );
    const known = new Date(Date.now() + 86_400_000).toISOString();
    const args = [
      "--spec",
      spec,
      "--known-at",
      known,
      "--out",
      "parts",
      "--partition-by",
      "store_code",
      "--json",
    ];
    const { status, json } = await write(...args);
    expect(status).toBe(0);
    expect(json.manifest).toMatchObject({
      known_at: known.replace(/\.?0*Z$/, "Z"),
      spec: { drivers: ["store"], lags: [7], series: { store: { code: ["S2"] } } },
      counts: { series: 1, training_rows: 12 },
    });
    expect(readdirSync(join(folder, "parts")).sort()).toEqual(["future", "manifest.json", "train"]);
    expect(readdirSync(join(folder, "parts/train"))).toEqual(["store_code=S2"]);
  });
});

describe("what cannot be framed is one sentence, what to do and an exit code, and nothing is written:", () => {
  workspace.write("lag.yaml", "version: 1\nlags: [1]");
  workspace.write("typo.yaml", "version: 1\ntargte: quantity");
  workspace.write("unsold.yaml", "version: 1\nseries: { store: { code: S2 }, product: { sku: A } }");
  workspace.write("unknown.yaml", "version: 1\nseries: { store: { code: S3 } }");
  workspace.write("exclude.yaml", "version: 1\nexclude: [list_prise]");
  const usual = ["--cutoff", "2024-02-14", "--horizon", "7", "--out", "x.parquet"];
  const having = (flag: string, value: string) => {
    const at = usual.indexOf(flag);
    return at < 0 ? [...usual, flag, value] : usual.with(at + 1, value);
  };

  test.for([
    ["a spec with a slip", having("--spec", "../typo.yaml"), 2, "FRAME_SPEC_INVALID", "did you mean target?"],
    [
      "a lag below the horizon",
      having("--spec", "../lag.yaml"),
      2,
      "FRAME_SPEC_INVALID",
      "lags holds 1, but ",
    ],
    [
      "a column that is not",
      having("--spec", "../exclude.yaml"),
      2,
      "FRAME_SPEC_INVALID",
      "did you mean list_price?",
    ],
    [
      "a selection nobody bought of",
      having("--spec", "../unsold.yaml"),
      1,
      "FRAME_SELECTION_EMPTY",
      "no series",
    ],
    ["a store that is not", having("--spec", "../unknown.yaml"), 1, "FRAME_SELECTION_UNKNOWN", "the code S3"],
    [
      "a cutoff after the sales",
      having("--cutoff", "2024-02-15"),
      1,
      "FRAME_CUTOFF_OUTSIDE",
      "to 2024-02-14",
    ],
    ["a horizon past the calendar", having("--horizon", "28"), 1, "FRAME_CALENDAR_INCOMPLETE", "2024-03-01"],
    [
      "a time before all sales",
      having("--known-at", "2000-01-01"),
      1,
      "FRAME_NO_SALES",
      "loaded by 2000-01-01",
    ],
    [
      "a format that is none",
      having("--format", "xlsx"),
      2,
      "USAGE",
      "Allowed choices are parquet, arrow, csv",
    ],
    ["no place", usual.slice(0, 4), 2, "USAGE", "'--out <file>' not specified"],
    ["an unknown subcommand", ["audot"], 2, "USAGE", "has no subcommand 'audot'"],
    ["an audit with a place", ["audit", ...usual], 2, "USAGE", "frame audit does not take --out"],
  ] as const)("%s", async ([name, args, status, code, part]) => {
    const empty = workspace.path(name);
    mkdirSync(empty);
    const outcome = await runIn(empty, ...args);
    expect(outcome).toMatchObject({ status, stdout: "" });
    const lines = outcome.stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(new RegExp(`^error .*[.?] \\[${code}\\]$`));
    expect(lines[0]).toContain(part);
    expect(readdirSync(empty)).toEqual([]);
  });
});

describe("forecastlab frame audit", () => {
  test("proves that the frame does not change with the future, and exits 0", async () => {
    const { status, stdout, stderr } = await run("audit", "--cutoff", "2024-02-10", "--horizon", "3");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^Audit of the frame up to 2024-02-10 with a horizon of 3 days\n/);
    expect(stdout.match(/ same$/gm)?.length).toBeGreaterThanOrEqual(4);
  });
});

describe("forecastlab frame plot", () => {
  test("draws a series of the frame that was written; no colours where nobody watches", async () => {
    const { status, stdout, stderr } = await run("plot", "f.parquet", "--series", "S1/A");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
      "
      S1/A
      units per day, 44 days, then 7 to forecast

           units                             cutoff 2024-02-14┊
               8 ┤                                            ┊
                 │     ▄      ▄      ▄      ▄      ▄      ▄   ┊
                 │     █      █      █      █      █      █   ┊
               6 ┤    ██     ██     ██     ██     ██     ██   ┊
                 │   ▄██    ▄██    ▄██    ▄██    ▄██    ▄██   ┊
                 │   ███    ███    ███    ███    ███    ███   ┊
               4 ┤  ████   ████   ████   ████   ████   ████   ┊
                 │ ▄████  ▄████  ▄████  ▄████  ▄████  ▄████  ▄┊
                 │ █████  █████  █████  █████  █████  █████  █┊
               2 ┤██████ ██████ ██████ ██████ ██████ ██████ ██┊
                 │██████ ██████ ██████ ██████ ██████ ██████ ██┊
                 │██████ ██████ ██████ ██████ ██████ ██████ ██┊
               0 └──────┬─────────────┬─────────────┬─────────┴───────
                        Jan 8         Jan 22        Feb 5
      stockout                                      ×         ┊
      promotion                                          ━━━━━┊━━
      list price  █████████████████████████████████████████▁▁▁┊▁▁▁▁
      holiday     none
      prices      1.50 to 1.80
      "
    `);
  });

  test("with --json gives the days; a series that is not there is named with one that is like it", async () => {
    const { json } = await run("plot", "g.csv", "--series", "S2/B", "--json");
    expect(json).toMatchObject({
      unique_id: "S2/B",
      strips: ["stockout", "promotion", "list_price", "holiday"],
    });
    expect([json.training.length, json.future.length]).toEqual([12, 7]);
    const unknown = await run("plot", "g.csv", "--series", "S2/C");
    expect(unknown).toMatchObject({ status: 2, stdout: "" });
    expect(unknown.stderr).toMatch(
      /^error g\.csv has no series S2\/C \(did you mean S2\/B\?\)\. \[FRAME_SERIES/,
    );
  });
});
