import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { readForecasts } from "../../src/backtest/index.ts";
import { type Engine, withEngine } from "../../src/duckdb/engine.ts";
import type { ForecastLabError } from "../../src/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "forecastlab-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function csv(...lines: string[]): string {
  const path = join(folder, `forecasts-${files++}.csv`);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

async function parquet(select: string): Promise<string> {
  const path = join(folder, `forecasts-${files++}.parquet`);
  await withEngine(undefined, (engine) => engine.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`));
  return path;
}

const header = "unique_id,ds,cutoff,y,LGBM,LGBM-lo-80,LGBM-hi-80,Naive";
const good = [
  "S1/A,2024-05-02,2024-05-01,3,2.5,1,4,3",
  "S1/A,2024-05-03,2024-05-01,0,1.5,0,3,3",
  "S1/B,2024-05-02,2024-05-01,7,6,5,9,8",
];

/** What is wrong with a file; afterwards the engine has no table. */
async function problemOf(path: string): Promise<string> {
  return withEngine(undefined, async (engine) => {
    const error: ForecastLabError = await readForecasts(engine, path).then(
      () => {
        throw new Error("it was read");
      },
      (reason: ForecastLabError) => reason,
    );
    expect(await tablesOf(engine)).toBe(0);
    expect(error.code).toBe("FORECASTS_INVALID");
    return String(error.received.problem);
  });
}

const tablesOf = (engine: Engine) => engine.count("SELECT count(*) FROM duckdb_tables()");

describe("a file of forecasts", () => {
  test("is read from CSV", async () => {
    await withEngine(undefined, async (engine) => {
      expect(await readForecasts(engine, csv(header, ...good))).toEqual({
        models: [
          { name: "LGBM", levels: [80] },
          { name: "Naive", levels: [] },
        ],
        weighted: false,
        ignored: [],
        rows: 3,
        series: 2,
        cutoffs: ["2024-05-01"],
        rows_without_y: 0,
      });
      expect(
        await engine.rows(
          "SELECT * REPLACE (ds::VARCHAR AS ds, cutoff::VARCHAR AS cutoff) FROM forecasts LIMIT 1",
        ),
      ).toEqual([
        {
          unique_id: "S1/A",
          ds: "2024-05-02",
          cutoff: "2024-05-01",
          y: 3,
          sample_weight: 1,
          LGBM: 2.5,
          "LGBM-lo-80": 1,
          "LGBM-hi-80": 4,
          Naive: 3,
        },
      ]);
    });
  });

  test("is read from compressed CSV with semicolons and the row numbers of pandas", async () => {
    const path = join(folder, "numbered.csv.gz");
    const text = ["", "1;", "2;", "3;"].map(
      (_, index) =>
        [
          `;${header.replaceAll(",", ";")}`,
          ...good.map((line, row) => `${row};${line.replaceAll(",", ";")}`),
        ][index],
    );
    writeFileSync(path, gzipSync(`${text.join("\n")}\n`));
    await withEngine(undefined, async (engine) => {
      expect(await readForecasts(engine, path)).toMatchObject({ rows: 3, ignored: ["column0"] });
    });
  });

  test("is read from Parquet, with times at midnight, numbers as series and weights", async () => {
    const path = await parquet(`
      SELECT 12 AS unique_id, TIMESTAMP_NS '2024-05-01 00:00:00' + to_days(step::INTEGER) AS ds,
        TIMESTAMP_NS '2024-05-01 00:00:00' AS cutoff, (step * 2)::FLOAT AS y, step::DECIMAL(8, 2) AS "my model",
        step - 1 AS "my model-lo-97.5", step + 1 AS "my model-hi-97.5", step % 2 AS sample_weight, step AS __index_level_0__
      FROM range(1, 4) AS r(step)`);
    await withEngine(undefined, async (engine) => {
      const found = await readForecasts(engine, path);
      expect(found).toMatchObject({
        models: [{ name: "my model", levels: [97.5] }],
        weighted: true,
        ignored: ["__index_level_0__"],
      });
      expect(
        await engine.rows(
          `SELECT unique_id, ds::VARCHAR AS ds, y, sample_weight FROM forecasts ORDER BY ds LIMIT 1`,
        ),
      ).toEqual([{ unique_id: "12", ds: "2024-05-02", y: 2, sample_weight: 1 }]);
    });
  });

  test("may write a level as 80.0, and has it as 80", async () => {
    const path = csv("unique_id,ds,cutoff,y,N,N-lo-80.0,N-hi-80.0", "S1/A,2024-05-02,2024-05-01,3,2,1,4");
    await withEngine(undefined, async (engine) => {
      expect((await readForecasts(engine, path)).models).toEqual([{ name: "N", levels: [80] }]);
      expect(await engine.count(`SELECT "N-hi-80" FROM forecasts`)).toBe(4);
    });
  });

  test("may lack actual values and intervals in some rows: they are null", async () => {
    const path = csv(
      header,
      ...good,
      "S1/B,2024-05-03,2024-05-01,,6,,,8",
      "S1/B,2024-05-04,2024-05-01,NaN,6,NaN,NaN,8",
    );
    await withEngine(undefined, async (engine) => {
      expect((await readForecasts(engine, path)).rows_without_y).toBe(2);
      expect(
        await engine.count(`SELECT count(*) FROM forecasts WHERE y IS NULL AND "LGBM-lo-80" IS NULL`),
      ).toBe(2);
    });
  });

  test("may have a name that looks like a pattern", async () => {
    const path = join(folder, "fold[1]*.csv");
    writeFileSync(path, `${header}\n${good.join("\n")}\n`);
    await withEngine(undefined, async (engine) => {
      expect((await readForecasts(engine, path)).rows).toBe(3);
    });
  });
});

describe("a file is not scored if", () => {
  const with_ = (line: string) => csv(header, ...good, line);

  test.for([
    ["unique_id,ds,y,Naive", "it has no column cutoff (it has unique_id, ds, y, Naive)"],
    ["id,date,Naive", "it has no column unique_id, ds, cutoff, y (it has id, date, Naive)"],
    ["unique_id,ds,cutoff,y", "it has no column of a model next to unique_id, ds, cutoff and y"],
    [
      "unique_id,ds,cutoff,y,sample_weight",
      "it has no column of a model next to unique_id, ds, cutoff and y",
    ],
    ["unique_id,ds,cutoff,y,N-lo-80,N-hi-80", "it has N-lo-80 and no column N"],
    ["unique_id,ds,cutoff,y,N,N-lo-80", "it has N-lo-80 and no column N-hi-80"],
    ["unique_id,ds,cutoff,y,N,N-lo-100,N-hi-100", "the level of N-lo-100 is not between 0 and 100"],
    ["unique_id,ds,cutoff,y,N,N-lo-80,N-lo-80.0,N-hi-80", "it has the level 80 of N twice"],
  ])("its columns are %s", async ([columns = "", problem]) => {
    expect(await problemOf(csv(columns, columns.replaceAll(/[^,]+/g, "1")))).toBe(problem);
  });

  test("a column of Parquet is text", async () => {
    const path = await parquet(
      "SELECT 'a' AS unique_id, DATE '2024-01-02' AS ds, DATE '2024-01-01' AS cutoff, 1 AS y, 2 AS N, 'x' AS store",
    );
    expect(await problemOf(path)).toBe("its column store is not numeric (VARCHAR)");
  });

  test.for([
    [
      "nothing",
      "",
      "LGBM has no finite forecast in 1 row, for example S1/B on 2024-05-03 (cutoff 2024-05-01): not a number",
    ],
    [
      "NaN",
      "nan",
      "LGBM has no finite forecast in 1 row, for example S1/B on 2024-05-03 (cutoff 2024-05-01): nan",
    ],
    [
      "infinity",
      "inf",
      "LGBM has no finite forecast in 1 row, for example S1/B on 2024-05-03 (cutoff 2024-05-01): inf",
    ],
    [
      "text",
      "many",
      "LGBM has no finite forecast in 1 row, for example S1/B on 2024-05-03 (cutoff 2024-05-01): not a number",
    ],
  ])("a forecast is %s", async ([, value, problem]) => {
    expect(await problemOf(with_(`S1/B,2024-05-03,2024-05-01,1,${value},,,2`))).toBe(problem);
  });

  test("a model leaves out a series that others have", async () => {
    const path = csv(
      header,
      ...good,
      "S2/C,2024-05-02,2024-05-01,1,1,0,2,",
      "S2/C,2024-05-03,2024-05-01,1,1,0,2,",
      "S3/D,2024-05-02,2024-05-01,1,1,0,2,NaN",
    );
    expect(await problemOf(path)).toBe("Naive has no forecast for 2 series of 4, for example S2/C (2 rows)");
  });

  test("a model has no forecast at all", async () => {
    expect(await problemOf(csv("unique_id,ds,cutoff,y,store", "a,2024-01-02,2024-01-01,1,north"))).toBe(
      "store has no forecast that is a number",
    );
  });

  test.for([
    [
      "a row is there twice",
      good[0] as string,
      "2 rows have the unique_id, ds and cutoff of another row, for example S1/A on 2024-05-02 (cutoff 2024-05-01)",
    ],
    [
      "a day is not after its cutoff",
      "S1/C,2024-05-01,2024-05-01,1,1,1,1,1",
      "ds is not after the cutoff in 1 row, for example S1/C on 2024-05-01 (cutoff 2024-05-01)",
    ],
    [
      "a bound is above the other",
      "S1/C,2024-05-02,2024-05-01,1,1,3,2,1",
      "LGBM-lo-80 is above LGBM-hi-80 in 1 row, for example S1/C on 2024-05-02 (cutoff 2024-05-01): 3.0 and 2.0",
    ],
    [
      "only one bound has a value",
      "S1/C,2024-05-02,2024-05-01,1,1,3,,1",
      "only one of LGBM-lo-80 and LGBM-hi-80 has a value in 1 row, for example S1/C on 2024-05-02 (cutoff 2024-05-01)",
    ],
    [
      "a bound is infinite",
      "S1/C,2024-05-02,2024-05-01,1,1,-inf,3,1",
      "LGBM-lo-80 or LGBM-hi-80 is infinite in 1 row, for example S1/C on 2024-05-02 (cutoff 2024-05-01)",
    ],
    ["a series has no name", ",2024-05-02,2024-05-01,1,1,1,1,1", "unique_id is missing in 1 row"],
    ["ds is not a day", "S1/C,soon,2024-05-01,1,1,1,1,1", "ds is not a day in 1 row, for example soon"],
    [
      "ds is a time within the day",
      "S1/C,2024-05-02 06:00:00,2024-05-01,1,1,1,1,1",
      "ds is not a day in 1 row, for example 2024-05-02 06:00:00",
    ],
    ["cutoff is missing", "S1/C,2024-05-02,,1,1,1,1,1", "cutoff is not a day in 1 row, for example nothing"],
    [
      "y is text",
      "S1/C,2024-05-02,2024-05-01,few,1,1,1,1",
      "y is not a finite number in 1 row, for example S1/C on 2024-05-02 (cutoff 2024-05-01): few",
    ],
    [
      "y is infinite",
      "S1/C,2024-05-02,2024-05-01,inf,1,1,1,1",
      "y is not a finite number in 1 row, for example S1/C on 2024-05-02 (cutoff 2024-05-01): inf",
    ],
  ])("%s", async ([, line, problem]) => {
    expect(await problemOf(with_(line as string))).toBe(problem);
  });

  test("days are numbers", async () => {
    const path = await parquet("SELECT 'a' AS unique_id, 5 AS ds, 4 AS cutoff, 1 AS y, 2 AS N");
    expect(await problemOf(path)).toBe("ds is not a day in 1 row, for example 5");
  });

  test("a weight is negative or missing", async () => {
    const columns = "unique_id,ds,cutoff,y,N,sample_weight";
    for (const weight of ["-1", "", "nan"]) {
      expect(await problemOf(csv(columns, `S1/A,2024-05-02,2024-05-01,1,1,${weight}`))).toBe(
        "sample_weight is not a number from 0 in 1 row, for example S1/A on 2024-05-02 (cutoff 2024-05-01)",
      );
    }
  });

  test("it has no rows, or no actual value", async () => {
    expect(await problemOf(csv(header))).toBe("it has no rows");
    expect(await problemOf(csv(header, "S1/C,2024-05-02,2024-05-01,,1,1,1,1"))).toBe(
      "y has no value in any row",
    );
  });
});

describe("a file that cannot be read", () => {
  const codeOf = (path: string) =>
    withEngine(undefined, (engine) => readForecasts(engine, path)).then(
      () => "read",
      (error: ForecastLabError) => error.code,
    );

  test("has the code of its fault", async () => {
    expect(await codeOf(join(folder, "absent.csv"))).toBe("FILE_NOT_FOUND");
    mkdirSync(join(folder, "folder.parquet"));
    expect(await codeOf(join(folder, "folder.parquet"))).toBe("FILE_IS_DIRECTORY");
    for (const name of ["forecasts.arrow", "forecasts.txt", "broken.parquet", "broken.csv.gz"]) {
      writeFileSync(join(folder, name), "unique_id");
      expect(await codeOf(join(folder, name)), name).toBe("FORECASTS_UNREADABLE");
    }
    expect(await codeOf(csv(header, ...good, 'S1/C,2024-05-03,"2024'))).toBe("FORECASTS_UNREADABLE");
    writeFileSync(join(folder, "empty.csv"), "");
    expect(await codeOf(join(folder, "empty.csv"))).toMatch(/^FORECASTS_/);
  });
});
