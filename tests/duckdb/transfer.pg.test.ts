import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { withEngine } from "../../src/duckdb/engine.ts";
import { copyRows, type FetchedColumn, fetchTable } from "../../src/duckdb/transfer.ts";
import { freshDatabase, rowsOf } from "../support/warehouse.ts";

/* NULL and an empty text are two things, on the way out of the warehouse and on the way into it. */

const database = await freshDatabase({ empty: true });

/** What DuckDB holds after a query of the warehouse was fetched, every value as JSON text. */
function fetched(query: string, columns: readonly FetchedColumn[]): Promise<unknown[]> {
  return withClient(database, (client) =>
    withEngine(undefined, async (engine) => {
      await fetchTable(engine, client, "fetched", { query, columns });
      return (await engine.rows<{ row: string }>("SELECT to_json(fetched)::VARCHAR AS row FROM fetched")).map(
        ({ row }) => JSON.parse(row),
      );
    }),
  );
}

const awkward = [
  "",
  " ",
  "NULL",
  "\\N",
  "\\.",
  '"',
  '""',
  ",",
  "a,b",
  "line\nend",
  "\r\n",
  "it's",
  "é€😀",
  "\u001b[31m",
  "x".repeat(100_000),
];

describe("from the warehouse into DuckDB", () => {
  test("NULL stays NULL and an empty text stays empty", async () => {
    const query = "SELECT * FROM (VALUES (1, ''), (2, NULL), (3, 'a')) AS v (n, text)";
    const columns = [
      { name: "n", type: "INTEGER" },
      { name: "text", type: "VARCHAR" },
    ];
    expect(await fetched(query, columns)).toEqual([
      { n: 1, text: "" },
      { n: 2, text: null },
      { n: 3, text: "a" },
    ]);
  });

  test("without text too, where COPY writes its text format: NULLs of every type", async () => {
    const query = `
      SELECT * FROM (VALUES (1, 1.50, date '2024-02-29', true), (NULL, NULL, NULL, NULL)) AS v (n, amount, day, yes)`;
    const columns = [
      { name: "n", type: "BIGINT" },
      { name: "amount", type: "DECIMAL(10, 2)" },
      { name: "day", type: "DATE" },
    ];
    expect(await fetched(query.replace("SELECT *", "SELECT n, amount, day"), columns)).toEqual([
      { n: 1, amount: 1.5, day: "2024-02-29" },
      { n: null, amount: null, day: null },
    ]);
  });

  test.for([
    ["VARCHAR", "'a'", "a"],
    ["INTEGER", "7", 7],
  ] as const)("a lone column of type %s: no row of NULL is lost", async ([type, sql, value]) => {
    const query = `SELECT * FROM (VALUES (${sql}), (NULL), (${sql})) AS v (lone)`;
    expect(await fetched(query, [{ name: "lone", type }])).toEqual([
      { lone: value },
      { lone: null },
      { lone: value },
    ]);
  });

  test("every awkward text arrives as it is", async () => {
    const list = awkward.map((text, n) => `(${n}, ${literal(text)})`).join(", ");
    const rows = await fetched(`SELECT * FROM (VALUES ${list}) AS v (n, text) ORDER BY n`, [
      { name: "n", type: "INTEGER" },
      { name: "text", type: "VARCHAR" },
    ]);
    expect(rows).toEqual(awkward.map((text, n) => ({ n, text })));
  });

  test("dates and times are read alike, whatever the role's settings say", async () => {
    await withClient(database, async (client) => {
      const { rows } = await client.query(
        "SELECT current_setting('datestyle') AS style, current_setting('timezone') AS zone",
      );
      expect(rows).toEqual([{ style: "ISO, YMD", zone: "UTC" }]);
    });
  });
});

describe("from DuckDB into the warehouse", () => {
  const rows = [...awkward.map((text, n) => ({ n, text: text as string | null })), { n: 99, text: null }];

  test("NULL stays NULL, an empty text stays empty, and every awkward text arrives as it is", async () => {
    const stored = await withClient(database, async (client) => {
      await client.query("CREATE TABLE target (text text, n integer)");
      await withEngine(undefined, async (engine) => {
        await engine.run("CREATE TABLE source (n INTEGER, text VARCHAR)");
        const appender = await engine.appender("source");
        for (const { n, text } of rows) appender.append(n, text);
        appender.close();
        await copyRows(engine, client, "target", {
          name: "rows",
          columns: ["n", "text"],
          query: "SELECT n, text FROM source ORDER BY n",
        });
      });
      return rowsOf(client, "SELECT n, text FROM target ORDER BY n");
    });
    expect(stored).toEqual(rows);
  });
});

const literal = (text: string) => `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
