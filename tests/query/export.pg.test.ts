import { existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { withEngine } from "../../src/duckdb/engine.ts";
import { exportQuery } from "../../src/query/index.ts";
import { Workspace } from "../ingest/support/load.ts";
import { freshDatabase } from "../support/warehouse.ts";

/* Files of queries: what is in them, read by another program or a plain reader. */

const database = await freshDatabase();
const workspace = new Workspace();
let files = 0;

/** Exports to a new file and returns its text. */
async function written(sql: string, ending: string): Promise<string> {
  const out = workspace.path(`query-${++files}.${ending}`);
  await exportQuery(database, sql, { out });
  return readFileSync(out, "utf8");
}

const awkward = `
  SELECT * FROM (VALUES
    (1, 12.50::numeric(6, 2), 'plain', date '2024-02-29', true),
    (2, NULL, 'a "quote", a comma', NULL, false),
    (9, -0.01, E'two\\nlines', date '0001-01-01', NULL),
    (NULL, 1234.00, '', date '9999-12-31', true)
  ) AS t (id, amount, text, day, flag)
`;

describe("a query in a file", () => {
  test("as CSV has a header, quotes where they are needed, and tells an empty text from NULL", async () => {
    expect(await written(awkward, "csv")).toBe(
      `id,amount,text,day,flag
1,12.50,plain,2024-02-29,true
2,,"a ""quote"", a comma",,false
9,-0.01,"two
lines",0001-01-01,
,1234.00,"",9999-12-31,true
`,
    );
  });

  test("as JSON is an array of objects, as NDJSON one object per line", async () => {
    const sql = "SELECT 1 AS a, 2.50 AS b, NULL AS c, '{\"x\": 1}'::json AS d, E'\\u009b31m\\u202e' AS e";
    const object = { a: 1, b: "2.50", c: null, d: { x: 1 }, e: "\u009b31m\u202e" };
    const text = await written(sql, "json");
    expect(JSON.parse(text)).toEqual([object]);
    expect(text).not.toMatch(/[\u0080-\u009f\u202e]/);
    const lines = (
      await written(`${sql} UNION ALL SELECT 1, 2, 'x', NULL, 'y'`.replace("::json", "::jsonb"), "jsonl")
    )
      .trimEnd()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line))).toHaveLength(2);
    expect(await written("SELECT 1 AS a WHERE false", "json")).toBe("[]\n");
    expect(await written("SELECT 1 AS a WHERE false", "ndjson")).toBe("");
  });

  test("as Parquet has the types of PostgreSQL, and its values", async () => {
    const out = workspace.path("types.parquet");
    const sql = `
      SELECT 1::smallint AS s, 2 AS i, 9007199254740993 AS b, 1.50::numeric(12, 2) AS n, 0.5::real AS r, 0.1::float8 AS f,
        true AS t, date '2024-02-29' AS d, timestamp '2024-02-29 12:00:00.5' AS ts,
        timestamptz '2024-02-29 12:00+02' AS tz, time '12:30' AS tm, '{"a": 1}'::jsonb AS j, 'x, "y"' AS x, ''::text AS e,
        NULL::int AS nothing, 1.125 AS free, sum(1.10) AS summed, 'NaN'::numeric(6, 2) AS nan, 'infinity'::date AS never
    `;
    await exportQuery(database, sql, { out });
    await withEngine(undefined, async (engine) => {
      const types = await engine.rows<{ column_name: string; column_type: string }>(`DESCRIBE FROM '${out}'`);
      expect(Object.fromEntries(types.map((column) => [column.column_name, column.column_type]))).toEqual({
        ...{ s: "SMALLINT", i: "INTEGER", b: "BIGINT", n: "DECIMAL(12,2)", r: "FLOAT", f: "DOUBLE" },
        ...{ t: "BOOLEAN", d: "DATE", ts: "TIMESTAMP", tz: "TIMESTAMP WITH TIME ZONE", tm: "TIME" },
        ...{ j: "VARCHAR", x: "VARCHAR", e: "VARCHAR", nothing: "INTEGER" },
        ...{ free: "DECIMAL(38,3)", summed: "DECIMAL(38,2)", nan: "VARCHAR", never: "VARCHAR" },
      });
      const [row] = await engine.rows<object>(`
        SELECT b::VARCHAR AS b, n::VARCHAR AS n, d::VARCHAR AS d, ts::VARCHAR AS ts, epoch(tz) AS tz, x, e,
          nothing IS NULL AS nothing, free::VARCHAR AS free, never
        FROM '${out}'
      `);
      expect(row).toEqual({
        ...{ b: "9007199254740993", n: "1.50", d: "2024-02-29", ts: "2024-02-29 12:00:00.5", tz: 1709200800 },
        ...{ x: 'x, "y"', e: "", nothing: true, free: "1.125", never: "infinity" },
      });
    });
  });

  test.for(["NULL::int", "NULL::text"])(
    "as Parquet of one column keeps rows that are NULL: %s",
    async (value) => {
      const out = workspace.path(`nulls-${++files}.parquet`);
      await exportQuery(database, `SELECT ${value} AS a FROM generate_series(1, 3)`, { out });
      await withEngine(undefined, async (engine) => {
        expect(await engine.count(`SELECT count(*) FROM '${out}'`)).toBe(3);
      });
    },
  );

  test("as Parquet without rows still has its columns", async () => {
    const out = workspace.path("empty.parquet");
    expect(await exportQuery(database, "SELECT 1 AS a, 2.5 AS b WHERE false", { out })).toMatchObject({
      row_count: 0,
    });
    await withEngine(undefined, async (engine) => {
      expect(await engine.rows(`DESCRIBE FROM '${out}'`)).toHaveLength(2);
    });
  });

  test("appears complete or not at all", async () => {
    const out = workspace.write("kept.csv", "what was there");
    const failing = "SELECT 1 / (5000 - g) FROM generate_series(1, 10000) AS g";
    await expect(exportQuery(database, failing, { out })).rejects.toMatchObject({ code: "QUERY_FAILED" });
    expect(readFileSync(out, "utf8")).toBe("what was there");
    const other = workspace.path("never.parquet");
    await expect(exportQuery(database, failing, { out: other })).rejects.toMatchObject({
      code: "QUERY_FAILED",
    });
    expect(existsSync(other)).toBe(false);
  });

  test("never replaces what is not a plain file", async () => {
    const link = workspace.path("link.csv");
    symlinkSync("/dev/null", link);
    for (const out of [link, "/dev/null"]) {
      await expect(exportQuery(database, "SELECT 1", { out, format: "csv" })).rejects.toMatchObject({
        code: "FILE_UNWRITABLE",
      });
    }
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
    const folder = exportQuery(database, "SELECT 1", { out: workspace.folder, format: "csv" });
    await expect(folder).rejects.toMatchObject({ code: "FILE_IS_DIRECTORY" });
  });

  test.for([
    ["q.xlsx", "SELECT 1", "QUERY_FORMAT_UNKNOWN"],
    ["q.json", "SELECT 1 AS a, 2 AS a", "QUERY_COLUMNS_REPEATED"],
    ["q.parquet", 'SELECT 1 AS a, 2 AS "A"', "QUERY_COLUMNS_REPEATED"],
    ["no/folder/q.csv", "SELECT 1", "FILE_UNWRITABLE"],
  ] as const)("%s of %s is refused: %s", async ([name, sql, code]) => {
    await expect(exportQuery(database, sql, { out: workspace.path(name) })).rejects.toMatchObject({ code });
  });

  test("of many rows needs little memory", async () => {
    const before = process.memoryUsage().rss;
    const sql = "SELECT generate_series(1, 300000) AS g, repeat('x', 200) AS x";
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 20);
    const { row_count, bytes } = await exportQuery(database, sql, { out: workspace.path("many.csv") });
    clearInterval(watch);
    expect(row_count).toBe(300_000);
    expect(bytes).toBeGreaterThan(60_000_000);
    expect(most - before).toBeLessThan(150_000_000);
  });
});
