import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withEngine } from "../../src/duckdb/engine.ts";
import { ForecastLabError } from "../../src/errors.ts";
import type { ColumnType } from "../../src/frame/columns.ts";
import { arrowFile } from "../../src/frame/output/arrow.ts";
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
  target: null,
  step: "day",
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

const types: readonly (readonly [name: string, type: ColumnType])[] = [
  ...([
    ["unique_id", "VARCHAR"],
    ["ds", "TIMESTAMP"],
    ["y", "DOUBLE"],
    ["is_stockout", "BOOLEAN"],
  ] as const),
  ...([
    ["list_price", "DOUBLE"],
    ["is_holiday", "BOOLEAN"],
    ["holiday_name", "VARCHAR"],
  ] as const),
];

/** As frames are written; DuckDB cannot write Arrow. */
async function writeArrow(rows: string, name: string, without: readonly string[] = []): Promise<void> {
  const columns = types
    .filter(([column]) => !without.includes(column))
    .map(([name, type]) => ({ name, type }));
  rmSync(workspace.path(name), { force: true });
  await withEngine(undefined, async (engine) => {
    const file = arrowFile(engine, workspace.path(name), { columns, metadata: {} });
    const cast = columns.map(({ name, type }) => `CAST(${name} AS ${type}) AS ${name}`);
    await file.append(`SELECT ${cast.join(", ")} FROM (${rows})`);
    await file.finish();
  });
}

await writeArrow(training, "f.arrow");
await writeArrow(future, "f.future.arrow", ["y", "is_stockout", "is_holiday", "holiday_name"]);
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
  test.for(["f.parquet", "f.csv", "f.arrow", "folder-parquet", "folder-csv"])("from %s", async (name) => {
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
    ["f.future.arrow", "FRAME_NOT_PLOTTABLE: /f.future.arrow cannot be plotted: it has no column y, "],
    [
      "frame",
      "FRAME_NOT_PLOTTABLE: /frame cannot be plotted: its name ends in none of .parquet, .arrow, .csv.",
    ],
    ["broken.arrow", "FRAME_NOT_PLOTTABLE: /broken.arrow cannot be plotted: it cannot be read ("],
    ["cut.arrow", "FRAME_NOT_PLOTTABLE: /cut.arrow cannot be plotted: it cannot be read ("],
    ["broken.parquet", "FRAME_NOT_PLOTTABLE: /broken.parquet cannot be plotted: it cannot be read ("],
    ["other.csv", "FRAME_NOT_PLOTTABLE: /other.csv cannot be plotted: it has no column unique_id."],
    [
      "empty",
      "FRAME_NOT_PLOTTABLE: /empty cannot be plotted: there is no Parquet, Arrow or CSV file of a frame.",
    ],
  ] as const)("%s", async ([name, message]) => {
    if (name === "empty") mkdirSync(workspace.path(name));
    if (["frame", "broken.arrow", "broken.parquet", "other.csv"].includes(name)) {
      writeFileSync(workspace.path(name), "a,b\n1,2\n");
    }
    if (name === "cut.arrow") {
      writeFileSync(workspace.path(name), readFileSync(workspace.path("f.arrow")).subarray(0, -40));
    }
    expect(await failing(name)).toContain(message);
  });

  test.for(["parquet", "csv", "arrow"])("a frame of %s without rows", async (format) => {
    const none = `SELECT * FROM (${training}) WHERE false`;
    const name = `none.${format}`;
    if (format === "arrow") await writeArrow(none, name);
    else await writeRows(none, workspace.path(name), `FORMAT ${format}`);
    const message = `FRAME_NOT_PLOTTABLE: /${name} cannot be plotted: it has no rows.`;
    expect(await failing(name)).toContain(message);
    await expect(readSeries(workspace.path(name))).rejects.toMatchObject({ code: "FRAME_NOT_PLOTTABLE" });
  });

  test.for([
    ["'soon' AS ds, 1 AS y", "it cannot be read (Conversion Error"],
    ["DATE '2024-01-01' AS ds, 'many' AS y", "it cannot be read (Conversion Error"],
    ["CAST(NULL AS DATE) AS ds, 1 AS y", "no row of S1/A has a day in ds"],
    ["CAST('infinity' AS DATE) AS ds, 1 AS y", "no row of S1/A has a day in ds"],
  ] as const)("rows of %s", async ([columns, problem]) => {
    await writeRows(`SELECT 'S1/A' AS unique_id, ${columns}`, workspace.path("odd.parquet"));
    expect(await failing("odd.parquet")).toContain(
      `FRAME_NOT_PLOTTABLE: /odd.parquet cannot be plotted: ${problem}`,
    );
  });

  test("a series that is not in an Arrow file, with the nearest one", async () => {
    expect(await failing("f.arrow", "S1/a")).toBe(
      "FRAME_SERIES_UNKNOWN: /f.arrow has no series S1/a (did you mean S1/A?). " +
        "Series are named STORE/SKU. It has 2, for example S1/A, S2/00-1.",
    );
  });
});

describe("without a name", () => {
  /** Sums: B 5, A 5, 東京 2 and unknown values, C nothing but unknown values. */
  const sales = `
    SELECT unique_id, DATE '2024-01-01' + i::INTEGER AS ds, CAST(y AS DOUBLE) AS y
    FROM (VALUES
      ('東京', 0, 2), ('東京', 1, NULL), ('B', 0, 5), ('B', 1, 0), ('A', 0, 2), ('A', 1, 3),
      ('C', 0, NULL), ('D', 0, -4), ('D', 1, 'NaN'::DOUBLE)
    ) AS rows (unique_id, i, y)`;

  test.for(["parquet", "csv", "arrow"])(
    "the series that sold most is read from %s, the first by name of equal ones",
    async (format) => {
      const bestOf = async (rows: string) => {
        const name = `best.${format}`;
        const others = types.map(([column]) => column).slice(3);
        if (format === "arrow") await writeArrow(rows, name, others);
        else await writeRows(rows, workspace.path(name), `FORMAT ${format}`);
        return (await readSeries(workspace.path(name))).unique_id;
      };
      expect(await bestOf(sales)).toBe("A");
      expect(await bestOf(`${sales} WHERE unique_id NOT IN ('A', 'B')`)).toBe("東京");
      expect(await bestOf(`${sales} WHERE unique_id IN ('C', 'D')`)).toBe("D");
      expect(await bestOf(`${sales} WHERE unique_id = 'C'`)).toBe("C");
    },
  );
});

test("all batches of an Arrow file are read", async () => {
  // 70,000 rows: more than a batch. The best seller is the last one.
  const rows = `
    SELECT 'S' || s AS unique_id, DATE '2024-01-01' + i::INTEGER AS ds, CAST(s AS DOUBLE) AS y
    FROM range(1000, 1700) AS series (s), range(100) AS days (i)
    ORDER BY ALL`;
  await writeArrow(rows, "batches.arrow", types.map(([column]) => column).slice(3));
  const { unique_id, training } = await readSeries(workspace.path("batches.arrow"));
  expect([unique_id, training.length, training.at(-1)?.y]).toEqual(["S1699", 100, 1699]);
  expect((await readSeries(workspace.path("batches.arrow"), "S1655")).training).toHaveLength(100);
});

describe("the grain", () => {
  const rows = (dates: string, columns: string) =>
    `SELECT 'S1/A' AS unique_id, ds${columns} FROM (SELECT unnest([${dates}]) AS ds) ORDER BY ds`;
  const write = async (name: string, dates: { training: string; future?: string }, spec?: object) => {
    await writeRows(rows(dates.training, ", 1.0 AS y"), workspace.path(`${name}.parquet`));
    if (dates.future) await writeRows(rows(dates.future, ""), workspace.path(`${name}.future.parquet`));
    if (spec)
      writeFileSync(workspace.path(`${name}.manifest.json`), JSON.stringify({ manifest_version: 1, spec }));
    const series = await readSeries(workspace.path(`${name}.parquet`));
    const daysOf = (days: typeof series.training) =>
      days.map(({ ds, y }) => `${ds}${y === null ? "" : ` ${y}`}`);
    return { ...series, training: daysOf(series.training), future: daysOf(series.future) };
  };

  test("is that of the manifest, with the target; only whole weeks are added", async () => {
    const weekly = {
      training: "DATE '2024-01-07', DATE '2024-01-14', DATE '2024-02-04'",
      future: "DATE '2024-02-18'",
    };
    expect(await write("weekly", weekly, { freq: "week", target: "total_amount" })).toMatchObject({
      step: "week",
      target: "total_amount",
      training: ["2024-01-07 1", "2024-01-14 1", "2024-01-21", "2024-01-28", "2024-02-04 1", "2024-02-11"],
      future: ["2024-02-18"],
    });
  });

  test("follows from the days without a manifest, or one that does not say it", async () => {
    const weekly = { training: "DATE '2024-01-01', DATE '2024-01-08', DATE '2024-01-29'" };
    expect(await write("weeks", weekly)).toMatchObject({
      ...{ step: "week", target: null },
      training: ["2024-01-01 1", "2024-01-08 1", "2024-01-15", "2024-01-22", "2024-01-29 1"],
    });
    const monthly = { training: "DATE '2023-11-01', DATE '2024-02-01'", future: "DATE '2024-03-01'" };
    expect(await write("months", monthly, { target: "quantity" })).toMatchObject({
      ...{ step: "month", target: "quantity" },
      training: ["2023-11-01 1", "2023-12-01", "2024-01-01", "2024-02-01 1"],
      future: ["2024-03-01"],
    });
    const daily = { training: "DATE '2024-01-01', DATE '2024-01-03'" };
    expect(await write("days", daily, { freq: "fortnight", target: 7 })).toMatchObject({
      ...{ step: "day", target: null },
      training: ["2024-01-01 1", "2024-01-02", "2024-01-03 1"],
    });
  });

  test("of a manifest takes precedence over what the days look like", async () => {
    const training = "DATE '2024-01-01', DATE '2024-01-08'";
    expect((await write("sparse", { training }, { freq: "day" })).training).toHaveLength(8);
  });

  test("of days reaches up to the days to forecast, if the last ones were left out", async () => {
    const dates = { training: "DATE '2024-01-01', DATE '2024-01-02'", future: "DATE '2024-01-05'" };
    expect((await write("dropped", dates)).training).toEqual([
      "2024-01-01 1",
      "2024-01-02 1",
      "2024-01-03",
      "2024-01-04",
    ]);
  });

  test("is the same if ds is a timestamp at midnight", async () => {
    await writeRows(`SELECT * REPLACE (ds::TIMESTAMP AS ds) FROM (${training})`, workspace.path("t.parquet"));
    await writeRows(
      `SELECT * REPLACE (ds::TIMESTAMP AS ds) FROM (${future})`,
      workspace.path("t.future.parquet"),
    );
    expect(await readSeries(workspace.path("t.parquet"), "S1/A")).toEqual(expected);
    const arrow = await import("apache-arrow");
    const days = [Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 2)];
    for (const unit of [arrow.TimeUnit.MILLISECOND, arrow.TimeUnit.MICROSECOND, arrow.TimeUnit.NANOSECOND]) {
      const table = new arrow.Table({
        unique_id: arrow.vectorFromArray(["S1/A", "S1/A"]),
        ds: arrow.vectorFromArray(days, new arrow.Timestamp(unit)),
        y: arrow.vectorFromArray([1n, 2n], new arrow.Int64()),
      });
      writeFileSync(workspace.path("t.arrow"), arrow.tableToIPC(table, "file"));
      const { training } = await readSeries(workspace.path("t.arrow"), "S1/A");
      expect(training.map(({ ds, y }) => [ds, y])).toEqual([
        ["2024-01-01", 1],
        ["2024-01-02", 2],
      ]);
    }
  });
});
