import { describe, expect, test } from "vitest";
import { databaseOf, withClient } from "../../src/database/connection.ts";
import { type QueryOptions, query, withQuery } from "../../src/query/index.ts";
import { fillDimensions, query as write } from "../ingest/support/load.ts";
import { freshDatabase, serverVersions, urlOf } from "../support/warehouse.ts";

/* Queries: values as they come out, what is refused because it writes, and where faults are marked. */

describe.for(serverVersions())("a query on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });
  await fillDimensions(database);
  await write(
    database,
    `CREATE FUNCTION add_store() RETURNS integer LANGUAGE sql AS
       $$ INSERT INTO store (code, name) VALUES ('X', 'x') RETURNING 1 $$;
     CREATE FUNCTION unlocked_add() RETURNS integer LANGUAGE plpgsql AS $$
       BEGIN
         PERFORM set_config('transaction_read_only', 'off', true);
         INSERT INTO store (code, name) VALUES ('X', 'x');
         RETURN 1;
       END $$;
     CREATE PROCEDURE add_and_commit(INOUT done integer) LANGUAGE plpgsql AS
       $$ BEGIN COMMIT; INSERT INTO store (code, name) VALUES ('X', 'x'); COMMIT; END $$;`,
  );
  const ask = (sql: string, options?: QueryOptions) => query(database, sql, options);
  const codeOf = (sql: string, options?: QueryOptions) =>
    ask(sql, options).then(
      () => "no error",
      (error) => error.code,
    );

  test("returns rows as objects: small numbers and booleans as such, decimals, bigints and days as text", async () => {
    const { rows, row_count, more } = await ask(
      `SELECT 1 AS i, 9007199254740993::bigint AS b, 1.20::numeric(10, 2) AS n, 0.5::float8 AS f, 'NaN'::float8 AS nan,
         true AS t, NULL AS missing, date '2024-02-29' AS d, timestamptz '2024-02-29 12:00+02' AS z,
         '{"a": [1]}'::jsonb AS j, ''::text AS empty`,
    );
    expect({ row_count, more }).toEqual({ row_count: 1, more: false });
    expect(rows).toEqual([
      {
        ...{ i: 1, b: "9007199254740993", n: "1.20", f: 0.5, nan: "NaN", t: true, missing: null },
        ...{ d: "2024-02-29", z: "2024-02-29 10:00:00+00", j: { a: [1] }, empty: "" },
      },
    ]);
  });

  test("takes values for its parameters, which are never SQL", async () => {
    const { rows } = await ask("SELECT code FROM store WHERE code = $1 OR id = $2", {
      parameters: ["S1' OR true --", "0"],
    });
    expect(rows).toEqual([]);
    expect((await ask("SELECT code FROM store WHERE code = $1", { parameters: ["S2"] })).rows).toEqual([
      { code: "S2" },
    ]);
    expect(await codeOf("SELECT $1::int + $2::int", { parameters: ["1"] })).toBe("QUERY_PARAMETERS");
  });

  test("stops at a limit and says that there are more", async () => {
    const { rows, more } = await ask("SELECT generate_series(1, 1000000000) AS g", { limit: 3 });
    expect(rows).toEqual([{ g: 1 }, { g: 2 }, { g: 3 }]);
    expect(more).toBe(true);
    expect((await ask("SELECT code FROM store", { limit: 2 })).more).toBe(false);
    expect((await ask("SELECT code FROM store", { limit: 0 })).more).toBe(true);
  });

  test.for([
    "SHOW server_version",
    "EXPLAIN SELECT * FROM store",
    "VALUES (1), (2)",
    "TABLE store",
    "WITH s AS (SELECT * FROM store) SELECT count(*) FROM s",
    "SELECT 1; -- a semicolon and a comment",
  ])("runs: %s", async (sql) => {
    expect((await ask(sql)).row_count).toBeGreaterThan(0);
  });

  test.for([
    ["INSERT INTO store (code, name) VALUES ('X', 'x')", "QUERY_ONLY_READS"],
    ["DELETE FROM store RETURNING code", "QUERY_ONLY_READS"],
    ["WITH gone AS (DELETE FROM store RETURNING code) SELECT * FROM gone", "QUERY_ONLY_READS"],
    ["SELECT add_store()", "QUERY_ONLY_READS"],
    ["SELECT * FROM store WHERE add_store() = 1", "QUERY_ONLY_READS"],
    ["EXPLAIN ANALYZE DELETE FROM store", "QUERY_ONLY_READS"],
    ["SELECT nextval(pg_get_serial_sequence('store', 'id'))", "QUERY_ONLY_READS"],
    ["SELECT * FROM store FOR UPDATE", "QUERY_ONLY_READS"],
    ["CREATE TABLE x AS SELECT 1", "QUERY_ONLY_READS"],
    ["COMMIT", "QUERY_ONLY_READS"],
    ["SET TRANSACTION READ WRITE", "QUERY_ONLY_READS"],
    ["DO $$ BEGIN PERFORM add_store(); END $$", "QUERY_ONLY_READS"],
    ["COPY store TO '/tmp/forecastlab-query-test'", "QUERY_ONLY_READS"],
    ["COPY store TO PROGRAM 'cat'", "QUERY_ONLY_READS"],
    ["SELECT pg_read_file('/etc/passwd')", "QUERY_ONLY_READS"],
    ["SELECT pg_reload_conf()", "QUERY_ONLY_READS"],
    ["SELECT lo_export(1, '/tmp/forecastlab-query-test')", "QUERY_ONLY_READS"],
    ["-- nothing", "QUERY_ONLY_READS"],
    [" \n", "QUERY_NOT_ONE"],
    ["SELECT 1; SELECT 2", "QUERY_NOT_ONE"],
    ["SELECT 1; COMMIT; DELETE FROM store", "QUERY_NOT_ONE"],
    ["SELECT 1) TO PROGRAM 'cat' --", "QUERY_INVALID"],
    ["SELECT '\0'", "QUERY_INVALID"],
    ["SELECT 1 / 0", "QUERY_FAILED"],
    ["SELECT 'x' || 1 / (id - id) FROM store", "QUERY_FAILED"],
  ] as const)("refuses: %s (%s)", async ([sql, code]) => {
    const before = await write(database, "SELECT * FROM store ORDER BY id");
    expect(await codeOf(sql)).toBe(code);
    expect(await write(database, "SELECT * FROM store ORDER BY id")).toEqual(before);
  });

  test.for(["SELECT unlocked_add()", "CALL add_and_commit(1)", "EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1"])(
    "keeps nothing, even if it finds a way: %s",
    async (sql) => {
      await ask(sql).catch(() => {});
      expect(await write(database, "SELECT FROM store WHERE code = 'X'")).toEqual([]);
      expect(await write(database, "SELECT to_regclass('x') AS x")).toEqual([{ x: null }]);
    },
  );

  test("leaves no setting behind", async () => {
    await withClient(database, async (client) => {
      const { rows } = await client.query("SHOW default_transaction_read_only");
      expect(rows).toEqual([{ default_transaction_read_only: "off" }]);
    });
  });

  test("reads what its role may read, without the rights of a superuser", async () => {
    const role = `reader_${server}_${Date.now()}`;
    await write(database, `CREATE ROLE ${role} LOGIN; GRANT SELECT ON store TO ${role}`);
    const url = new URL(urlOf(database));
    url.searchParams.set("user", role);
    const reader = databaseOf(url.href);
    expect((await query(reader, "SELECT code FROM store ORDER BY code")).row_count).toBe(2);
    await expect(query(reader, "SELECT * FROM product")).rejects.toMatchObject({
      code: "DATABASE_PERMISSION_DENIED",
    });
    await write(database, `REVOKE ALL ON store FROM ${role}; DROP ROLE ${role}`);
  });

  test("ends at its time limit with a code of its own", async () => {
    await expect(ask("SELECT pg_sleep(60)", { timeout_s: 0.2 })).rejects.toMatchObject({
      code: "QUERY_TIMEOUT",
      message: "The query was still running after 0.2 s and was cancelled.",
    });
  });

  test("is cancelled on the server when the signal is aborted", async () => {
    const abort = new AbortController();
    const running = ask("SELECT pg_sleep(60) AS slow", { signal: abort.signal });
    const active =
      "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60) AS slow%' AND state = 'active'";
    await expect.poll(() => write(database, active), { timeout: 10_000 }).toHaveLength(1);
    abort.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await expect.poll(() => write(database, active), { timeout: 10_000 }).toHaveLength(0);
  });

  test("waits for whoever takes its rows: little is in memory", async () => {
    const sql = "SELECT g, repeat('x', 1000) FROM generate_series(1, 200000) AS g";
    let most = 0;
    let rows = 0;
    await withQuery(database, sql, {}, async ({ batches }) => {
      for await (const batch of batches) {
        most = Math.max(most, batch.length);
        rows += batch.length;
        if (rows < 5_000) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    expect(rows).toBe(200_000);
    expect(most).toBeLessThan(1_000);
  });

  test("may be left before its end", async () => {
    const sql = "SELECT generate_series(1, 1000000000) AS g";
    const first = await withQuery(database, sql, {}, async ({ batches }) => {
      for await (const [row] of batches) return row;
      return undefined;
    });
    expect(first).toEqual(["1"]);
  });
});

describe("a fault", async () => {
  const database = await freshDatabase();
  const failureOf = (sql: string) =>
    query(database, sql).then(
      () => undefined,
      (error) => error as { code: string; message: string; action: string },
    );

  test("of syntax is marked below the SQL", async () => {
    const failure = await failureOf("SELECT code,\n       nam e e\nFROM store");
    expect(failure).toMatchObject({
      code: "QUERY_INVALID",
      message: 'The query is not valid: syntax error at or near "e" at line 2, column 14.',
      action: "Correct it at the mark:\n\n    2 |        nam e e\n                     ^",
    });
  });

  test.for([
    ["SELECT * FROM sale_daily", "(did you mean sales_daily?)"],
    ["SELECT quantty FROM sales_daily", "(did you mean quantity?)"],
    ["SELECT s.quantty FROM sales_daily AS s", "(did you mean quantity?)"],
    ['SELECT s."Quantty" FROM sales_daily AS s', "(did you mean quantity?)"],
  ] as const)("in a name says what it may mean: %s", async ([sql, hint]) => {
    const failure = await failureOf(sql);
    expect(failure).toMatchObject({ code: "QUERY_INVALID", message: expect.stringContaining(hint) });
  });

  test("is marked in characters, not in bytes, and control characters of the text do not reach the mark", async () => {
    expect((await failureOf("SELECT 'é\x1b[31m', x y z"))?.action).toBe(
      "Correct it at the mark:\n\n    1 | SELECT 'é [31m', x y z\n                             ^",
    );
  });

  test("in a long line is shown with what is around it", async () => {
    const failure = await failureOf(`SELECT ${"1 + ".repeat(100)}x y z FROM store`);
    const [text = "", mark = ""] = failure?.action.split("\n").slice(2) ?? [];
    expect(text.length).toBeLessThan(110);
    expect(text.slice(mark.indexOf("^"), mark.indexOf("^") + 1)).toMatch(/[xz]/);
  });

  test("in the schema stays SCHEMA_MISSING: the warehouse is not migrated", async () => {
    const empty = await freshDatabase({ empty: true });
    await expect(query(empty, "SELECT * FROM sales_daily")).rejects.toMatchObject({ code: "SCHEMA_MISSING" });
    await write(database, "DROP TABLE traffic_daily");
    expect((await failureOf("SELECT * FROM traffic_daily"))?.code).toBe("SCHEMA_MISSING");
  });
});

test("columns of the same name cannot be an object", async () => {
  const database = await freshDatabase();
  await expect(query(database, "SELECT 1 AS a, 2 AS a")).rejects.toMatchObject({
    code: "QUERY_COLUMNS_REPEATED",
  });
});
