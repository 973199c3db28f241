import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ForecastLabError } from "../../src/errors.ts";
import { readSeries } from "../../src/frame/plot/index.ts";
import { Workspace } from "../ingest/support/load.ts";
import { writeRows } from "../ingest/support/parquet.ts";

/* One series, read from the files of a frame in any format. */

const workspace = new Workspace();

/** Two series of three days in January 2024 and two days to forecast; the second lacks its second day. */
const training = `
  SELECT
    unique_id,
    (DATE '2024-01-01' + i::INTEGER)::TIMESTAMP AS ds,
    CASE WHEN i < 2 THEN i * 1.5 END AS y,
    i = 1 AS is_stockout,
    CASE WHEN i > 0 THEN 9.99 END AS list_price,
    i = 0 AS is_holiday,
    CASE WHEN i = 0 THEN 'New Year, "first"' END AS holiday_name
  FROM (VALUES ('S1/A'), ('S2/00-1')) AS series (unique_id), range(3) AS days (i)
  WHERE NOT (unique_id = 'S2/00-1' AND i = 1)
  ORDER BY ALL`;
const future = `
  SELECT unique_id, (DATE '2024-01-04' + i::INTEGER)::TIMESTAMP AS ds, i + 1 AS horizon_step, 8.5 AS list_price
  FROM (VALUES ('S1/A'), ('S2/00-1')) AS series (unique_id), range(2) AS days (i)
  ORDER BY ALL`;

const open = { stockout: null, promotion: null, list_price: null, holiday: null, holiday_name: null };
const known = { ...open, stockout: false, holiday: false };
const expected = {
  unique_id: "S1/A",
  training: [
    { ...known, ds: "2024-01-01", y: 0, holiday: true, holiday_name: 'New Year, "first"' },
    { ...known, ds: "2024-01-02", y: 1.5, stockout: true, list_price: 9.99 },
    { ...known, ds: "2024-01-03", y: null, list_price: 9.99 },
  ],
  future: [
    { ...open, ds: "2024-01-04", y: null, list_price: 8.5 },
    { ...open, ds: "2024-01-05", y: null, list_price: 8.5 },
  ],
  strips: ["stockout", "list_price", "holiday"],
};

await writeRows(training, workspace.path("f.parquet"));
await writeRows(future, workspace.path("f.future.parquet"));
await writeRows(training, workspace.path("f.csv"), "FORMAT csv");
await writeRows(future, workspace.path("f.future.csv"), "FORMAT csv");
for (const format of ["parquet", "csv"]) {
  const folder = workspace.path(`folder-${format}`);
  mkdirSync(folder);
  for (const [frame, rows] of [
    ["train", training],
    ["future", future],
  ]) {
    const partitioned = `SELECT *, split_part(unique_id, '/', 1) AS store_code FROM (${rows})`;
    await writeRows(
      partitioned,
      `${folder}/${frame}`,
      `FORMAT ${format}, PARTITION_BY (store_code, list_price)`,
    );
  }
}

describe("a series is read", () => {
  test.for(["f.parquet", "f.csv", "folder-parquet", "folder-csv"])("from %s", async (name) => {
    expect(await readSeries(workspace.path(name), "S1/A")).toEqual(expected);
  });

  test("with all its days, also those that the frame leaves out", async () => {
    const { training } = await readSeries(workspace.path("f.parquet"), "S2/00-1");
    expect(training.map(({ ds, y }) => [ds, y])).toEqual([
      ["2024-01-01", 0],
      ["2024-01-02", null],
      ["2024-01-03", null],
    ]);
  });

  test("without days to forecast if there is no file with them", async () => {
    await writeRows(training, workspace.path("alone.parquet"));
    expect(await readSeries(workspace.path("alone.parquet"), "S1/A")).toEqual({ ...expected, future: [] });
    cpSync(workspace.path("folder-parquet/train"), workspace.path("ended/train"), { recursive: true });
    mkdirSync(workspace.path("ended/future"));
    expect(await readSeries(workspace.path("ended"), "S1/A")).toEqual({ ...expected, future: [] });
  });

  test("from a file whose name is also a pattern", async () => {
    const folder = workspace.path("which? [one] *");
    for (const name of ["folder-csv", "f.csv", "f.future.csv"]) {
      cpSync(workspace.path(name), join(folder, `[a]${name}`), { recursive: true });
    }
    for (const name of ["[a]folder-csv", "[a]f.csv"]) {
      expect(await readSeries(join(folder, name), "S1/A")).toEqual(expected);
    }
  });
});

describe("what cannot be plotted is reported in one sentence:", () => {
  const failing = async (name: string, series = "S1/A") => {
    const error = await readSeries(workspace.path(name), series).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ForecastLabError);
    return `${error.code}: ${error.message} ${error.action}`.replaceAll(workspace.folder, "");
  };

  test("a series that is not in the frame, with the nearest one", async () => {
    expect(await failing("f.parquet", "S1/a")).toBe(
      "FRAME_SERIES_UNKNOWN: /f.parquet has no series S1/a (did you mean S1/A?). " +
        "Series are named STORE/SKU. It has 2, for example S1/A, S2/00-1.",
    );
    expect(await failing("folder-csv", "milk")).toContain("has no series milk. ");
  });

  test.for([
    ["no-such.parquet", "FILE_NOT_FOUND: The file /no-such.parquet does not exist."],
    ["f.future.parquet", "FRAME_NOT_PLOTTABLE: /f.future.parquet cannot be plotted: it has no column y, "],
    ["frame", "FRAME_NOT_PLOTTABLE: /frame cannot be plotted: its name ends in neither .parquet nor .csv."],
    ["f.arrow", "FRAME_NOT_PLOTTABLE: /f.arrow cannot be plotted: Arrow files cannot be read here, "],
    ["broken.parquet", "FRAME_NOT_PLOTTABLE: /broken.parquet cannot be plotted: DuckDB cannot read it ("],
    ["other.csv", "FRAME_NOT_PLOTTABLE: /other.csv cannot be plotted: it has no column unique_id."],
    ["empty", "FRAME_NOT_PLOTTABLE: /empty cannot be plotted: there is no Parquet or CSV file of a frame."],
  ] as const)("%s", async ([name, message]) => {
    if (name === "empty") mkdirSync(workspace.path(name));
    if (["frame", "f.arrow", "broken.parquet", "other.csv"].includes(name)) {
      writeFileSync(workspace.path(name), "a,b\n1,2\n");
    }
    expect(await failing(name)).toContain(message);
  });
});
