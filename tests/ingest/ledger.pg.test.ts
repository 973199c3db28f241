import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Database } from "../../src/database/connection.ts";
import { type LoadRequest, type LoadResult, load, loadRuns, parseMapping } from "../../src/ingest/index.ts";
import { forecastlab } from "../cli/support/command-line.ts";
import { freshDatabase, urlOf } from "../support/warehouse.ts";
import { fillDimensions, query, Workspace } from "./support/load.ts";
import { sha256 } from "./support/model.ts";

/* The ledger: what it records of a load, which files it recognizes; and what a dry run leaves unchanged. */

const workspace = new Workspace();
const header = "date,store_code,sku,quantity,unit_price,total_amount";
const row = (day: string, sku = "A", quantity = 2) => `${day},S1,${sku},${quantity},1.50,3.00`;
const csv = (...rows: string[]) => workspace.csv([header, ...rows]);

async function warehouse(server = "18"): Promise<Database> {
  const database = await freshDatabase({ server });
  await fillDimensions(database);
  return database;
}

const loading = (database: Database, files: string[], options: Partial<LoadRequest> = {}) =>
  load(database, { table: "sales_daily", files, rejects: workspace.path("rejects.csv"), ...options });

const ledger = (database: Database) => loadRuns(database);

/** The files that a load loaded, and those that the ledger knew, with the load that they are from. */
const filesOf = ({ files, already_loaded }: LoadResult) => ({
  loaded: files.map(({ path }) => path),
  known: already_loaded.map(({ path, load_id }) => [path, load_id]),
});

describe("the ledger", async () => {
  const database = await warehouse();

  test("has one row per load: files with their digests, counts, months, who, when and by which version", async () => {
    const files = [csv(row("2024-01-31"), row("2024-01-31")), csv(row("2024-02-01"), row("2024-02-30"))];
    const [before] = await query<{ now: string }>(database, "SELECT clock_timestamp()::text AS now");
    const result = await loading(database, files, { maxRejects: { rows: 1 } });
    const [run] = await ledger(database);
    expect(run).toMatchObject({
      id: result.load_id,
      table: "sales_daily",
      files: files.map((path) => {
        const content = readFileSync(path);
        return { path, bytes: content.length, sha256: sha256(content), rows: 2 };
      }),
      source_rows: 4,
      filtered: 0,
      ...{ read: 4, inserted: 2, updated: 0, unchanged: 0, duplicates: 1, rejected: 1 },
      created: { store: 0, product: 0, calendar: 0 },
      months: [
        { month: "2024-01", method: "attach", inserted: 1, updated: 0, unchanged: 0 },
        { month: "2024-02", method: "attach", inserted: 1, updated: 0, unchanged: 0 },
      ],
      loaded_by: new URL(urlOf(database)).username,
      version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
    });
    expect(run?.mapping_sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(
      await query(
        database,
        `SELECT started_at > $1::timestamptz AS begun, finished_at >= started_at AS ended,
           (SELECT max(created_at) FROM sales_daily) BETWEEN started_at AND finished_at AS within
         FROM load_run`,
        [before?.now],
      ),
    ).toEqual([{ begun: true, ended: true, within: true }]);
  });

  test("lists the newest first, of one table, at most so many", async () => {
    for (const code of ["S7", "S8"]) {
      await load(database, { table: "store", files: [workspace.csv(["code,name", `${code},x`])] });
    }
    const tablesOf = async (options: Parameters<typeof loadRuns>[1]) =>
      (await loadRuns(database, options)).map(({ table }) => table);
    expect(await tablesOf({})).toEqual(["store", "store", "sales_daily"]);
    expect(await tablesOf({ limit: 2 })).toEqual(["store", "store"]);
    expect(await tablesOf({ table: "sales_daily" })).toEqual(["sales_daily"]);
    expect(await tablesOf({ table: "promotion" })).toEqual([]);
  });

  test.for([
    ["a row more read than accounted for", { read: 6, source_rows: 6 }, "ck_load_run_identity"],
    ["a row accounted for that was not read", { rejected: 1 }, "ck_load_run_identity"],
    ["a row neither filtered nor read", { source_rows: 6 }, "ck_load_run_source_rows"],
    ["an end before the start", { finished_at: "1999-12-31" }, "ck_load_run_times"],
    ["a load number twice", { id: 1 }, "pk_load_run"],
  ] as const)("refuses %s", async ([, wrong, constraint]) => {
    const run = {
      ...{ table_name: "store", files: "[]", mapping_sha256: "", source_rows: 5, filtered: 0, read: 5 },
      ...{ inserted: 1, updated: 1, unchanged: 1, duplicates: 2, rejected: 0, created: "{}", months: "[]" },
      ...{ started_at: "2000-01-01", finished_at: "2000-01-01", version: "0" },
    };
    const insert = (values: object) => {
      const names = Object.keys(values);
      const places = names.map((_, index) => `$${index + 1}`);
      const sql = `INSERT INTO load_run (${names.join(", ")}) VALUES (${places.join(", ")})`;
      return query(database, sql, Object.values(values)).then(
        () => "accepted",
        (error) => `${error.cause?.constraint ?? error.constraint ?? error.message}`,
      );
    };
    expect(await insert(run)).toBe("accepted");
    expect(await insert({ ...run, ...wrong })).toContain(constraint);
    await query(database, "DELETE FROM load_run WHERE started_at = '2000-01-01'");
  });
});

describe("a file that was loaded before", async () => {
  const database = await warehouse();
  const first = csv(row("2024-01-30"));
  const { load_id: id } = await loading(database, [first]);
  const nothing = {
    read: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    published: true,
    load_id: null,
    months: [],
  };

  test("is recognized by its bytes, under any name, and left out; nothing is recorded", async () => {
    const runs = await ledger(database);
    const copy = workspace.csv(readFileSync(first));
    for (const path of [first, copy]) {
      const result = await loading(database, [path]);
      expect(result).toMatchObject(nothing);
      expect(filesOf(result)).toEqual({ loaded: [], known: [[path, id]] });
      expect(result.already_loaded[0]?.finished_at).toBe(runs[0]?.finished_at.replace(/\.\d+Z$/, "Z"));
    }
    expect(await ledger(database)).toEqual(runs);
  });

  test("is another file if it has other bytes under the same name", async () => {
    const path = workspace.write("sales.csv", `${header}\n${row("2024-01-29")}\n`);
    expect(filesOf(await loading(database, [path]))).toEqual({ loaded: [path], known: [] });
    // It has the same size as before, which alone does not identify it.
    workspace.write("sales.csv", `${header}\n${row("2024-01-28")}\n`);
    expect(filesOf(await loading(database, [path]))).toEqual({ loaded: [path], known: [] });
  });

  test("is not recognized for another table", async () => {
    const days = workspace.csv(["date,store_code,visitors", "2024-01-30,S1,5"]);
    await load(database, { table: "traffic_daily", files: [days] });
    const weather = parseMapping(
      "table: weather_daily\ncolumns:\n  date: date\n  store_code: store_code\n  precipitation_mm: visitors",
      "weather.yaml",
    );
    const result = await load(database, { table: "weather_daily", files: [days], mapping: weather });
    expect(filesOf(result)).toEqual({ loaded: [days], known: [] });
  });

  test("is not recognized if it is read differently: by mapping, delimiter, encoding or policy", async () => {
    const columns = header.split(",").map((name) => `  ${name}: ${name}`);
    const text = ["table: sales_daily", "columns:", ...columns].join("\n");
    const mapping = parseMapping(text, "one.yaml");
    const changed = parseMapping(
      text.replace("quantity: quantity", "quantity: 1 + quantity::int"),
      "one.yaml",
    );
    const ways: Partial<LoadRequest>[] = [
      { mapping },
      { mapping: changed },
      { delimiter: "," },
      { encoding: "latin-1" },
      { onDuplicate: "last" },
    ];
    for (const way of ways) expect(filesOf(await loading(database, [first], way)).loaded).toEqual([first]);
    for (const way of ways) expect(filesOf(await loading(database, [first], way)).loaded).toEqual([]);
    const commented = parseMapping(`# a comment\n${text}`, "two.yaml");
    expect(filesOf(await loading(database, [first], { mapping: commented })).loaded).toEqual([]);
  });

  test("is loaded again on request, and then recognized by its last load", async () => {
    await query(database, "DELETE FROM sales_daily");
    const path = csv(row("2024-01-27"));
    await loading(database, [path]);
    expect(await loading(database, [path], { again: true })).toMatchObject({
      unchanged: 1,
      already_loaded: [],
    });
    await query(database, "DELETE FROM sales_daily");
    const last = await loading(database, [path], { again: true });
    expect(last).toMatchObject({ inserted: 1, published: true });
    expect(filesOf(await loading(database, [path])).known).toEqual([[path, last.load_id]]);
  });

  test("is not recognized if it had rejects, which may be valid by now", async () => {
    const path = csv(row("2024-01-26"), row("2024-01-26", "NEW"));
    const tolerant = { maxRejects: { rows: 1 } };
    expect(await loading(database, [path], tolerant)).toMatchObject({ inserted: 1, rejected: 1 });
    await query(database, "INSERT INTO product (sku, name) VALUES ('NEW', 'New')");
    expect(await loading(database, [path])).toMatchObject({ inserted: 1, unchanged: 1, already_loaded: [] });
    expect(await loading(database, [path])).toMatchObject(nothing);
  });

  test("is not recognized if its load was not published", async () => {
    const path = csv(row("2024-01-25"));
    expect(await loading(database, [path], { dryRun: true })).toMatchObject({
      inserted: 1,
      published: false,
    });
    const invalid = csv(row("2024-01-32"));
    expect(await loading(database, [path, invalid])).toMatchObject({ withheld: 1, published: false });
    expect(await loading(database, [path])).toMatchObject({ inserted: 1, already_loaded: [] });
  });

  test("is left out, and new files of the same load are not", async () => {
    const other = csv(row("2024-01-24"));
    const result = await loading(database, [first, other], { onDuplicate: "reject" });
    expect(result).toMatchObject({ read: 1, inserted: 1 });
    expect(filesOf(result)).toMatchObject({ loaded: [other], known: [[first, expect.anything()]] });
    const [run] = await ledger(database);
    expect(run?.files.map(({ path }) => path)).toEqual([other]);
  });
});

/** Place and version of every row, every relation and where it is stored, and every sequence. */
async function everythingIn(database: Database): Promise<unknown> {
  return [
    await query(database, "SELECT tableoid, ctid, xmin, xmax, * FROM sales_daily ORDER BY id"),
    await query(database, "SELECT * FROM load_run ORDER BY id"),
    await query(
      database,
      `SELECT oid, relname, relkind, relfilenode, relpartbound FROM pg_class
       WHERE relnamespace = 'public'::regnamespace ORDER BY oid`,
    ),
    await query(database, "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"),
    await query(database, "SELECT xmin, xmax, * FROM store ORDER BY id"),
    await query(database, "SELECT xmin, xmax, * FROM product ORDER BY id"),
  ];
}

/** Adds 100 products, and a day in March. */
const fillMonth = (database: Database) =>
  query(
    database,
    `INSERT INTO product (sku, name) SELECT 'P' || n, 'Product ' || n FROM generate_series(1, 100) AS n;
     INSERT INTO calendar (date, day_of_week, month, quarter, year) VALUES ('2024-03-01', 4, 3, 1, 2024)`,
  );

/** All of January: 6,200 rows. */
function january(quantity: number): string[] {
  const days = Array.from({ length: 31 }, (_, day) => `2024-01-${String(day + 1).padStart(2, "0")}`);
  const skus = Array.from({ length: 100 }, (_, index) => `P${index + 1}`);
  return days.flatMap((day) =>
    ["S1", "S2"].flatMap((store) => skus.map((sku) => `${day},${store},${sku},${quantity},1.50,3.00`)),
  );
}

describe("a dry run", async () => {
  const database = await warehouse();
  await fillMonth(database);
  await query(
    database,
    `CREATE TABLE sales_daily_2023 PARTITION OF sales_daily FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
     INSERT INTO calendar (date, day_of_week, month, quarter, year) VALUES ('2023-06-01', 3, 6, 2, 2023);
     INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
     SELECT '2024-03-01', store.id, product.id, 1, 1, 1 FROM store, product WHERE code = 'S1' AND sku = 'B'`,
  );
  const steps: [string, string[], [month: string, method: string][]][] = [
    ["an empty month", january(1), [["2024-01", "attach"]]],
    ["a month that does not change", january(1), [["2024-01", "unchanged"]]],
    ["a month that changes", january(2), [["2024-01", "rebuild"]]],
    [
      "a correction and a late row",
      [...january(2).slice(1, 9), row("2024-01-01", "P1", 7), row("2024-01-02", "A")],
      [["2024-01", "merge"]],
    ],
    ["rows in the default partition", [row("2024-03-01", "A")], [["2024-03", "rebuild"]]],
    ["a partition of a year", [row("2023-06-01", "A")], [["2023-06", "merge"]]],
    [
      "all of it at once",
      [...january(3), row("2023-06-01", "A"), row("2024-02-02", "A"), row("2024-03-01", "B")],
      [
        ["2023-06", "unchanged"],
        ["2024-01", "rebuild"],
        ["2024-02", "attach"],
        ["2024-03", "merge"],
      ],
    ],
  ];

  test.for(steps)("shows what a load does to %s, and changes nothing", async ([, rows, methods]) => {
    const path = csv(...rows);
    const before = await everythingIn(database);
    const planned = await loading(database, [path], { dryRun: true, again: true });
    expect(await everythingIn(database)).toEqual(before);
    const done = await loading(database, [path], { again: true });
    expect(planned.months.map(({ month, method }) => [month, method])).toEqual(methods);
    const { seconds: _, load_id: __, published: ___, dry_run: ____, ...plan } = planned;
    expect(done).toMatchObject({ ...plan, published: true, dry_run: false });
    expect(planned).toMatchObject({ load_id: null, published: false, dry_run: true });
  });

  test("loading the same rows again plans no change, and writes no row", async () => {
    const path = csv(...january(3));
    await loading(database, [path]);
    const [rows] = (await everythingIn(database)) as [unknown[]];
    expect(await loading(database, [path], { again: true })).toMatchObject({ unchanged: 6_200, inserted: 0 });
    const [after] = (await everythingIn(database)) as [unknown[]];
    expect(after).toEqual(rows);
    const known = await everythingIn(database);
    expect(await loading(database, [path])).toMatchObject({ files: [] });
    expect(await everythingIn(database)).toEqual(known);
  });
});

test("a table with a column that a user added is merged into, and keeps the values of that column", async () => {
  const database = await warehouse();
  await fillMonth(database);
  await loading(database, [csv(...january(1))]);
  await query(database, "ALTER TABLE sales_daily ADD COLUMN note text DEFAULT 'none'");
  await query(database, "UPDATE sales_daily SET note = 'checked' WHERE date = '2024-01-05'");
  await query(
    database,
    `INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount, note)
     SELECT '2024-03-01', store.id, product.id, 1, 1, 1, 'waits' FROM store, product WHERE code = 'S1' AND sku = 'B'`,
  );
  const files = [csv(...january(2), row("2024-02-03"), row("2024-03-01"))];
  const planned = await loading(database, files, { dryRun: true });
  const done = await loading(database, files);
  expect(done.months).toEqual(planned.months);
  expect(done.months.map(({ month, method }) => [month, method])).toEqual([
    ["2024-01", "merge"],
    ["2024-02", "attach"],
    ["2024-03", "merge"],
  ]);
  expect(
    await query(database, "SELECT note, count(*)::int AS n FROM sales_daily GROUP BY note ORDER BY note"),
  ).toEqual([
    { note: "checked", n: 200 },
    { note: "none", n: 6_000 + 2 },
    { note: "waits", n: 1 },
  ]);
});

describe("on the command line", async () => {
  const database = await warehouse();
  const env = { DATABASE_URL: urlOf(database) };
  const run = (...args: string[]) => forecastlab(args, { env, cwd: workspace.folder });
  const [one, two] = ["2024-01-monday.csv", "2024-01-tuesday.csv"] as const;
  workspace.write(one, `${header}\n${row("2024-01-01")}\n${row("2024-01-01", "B")}\n`);
  workspace.write(two, `${header}\n${row("2024-01-02")}\n${row("2024-01-02")}\n`);
  workspace.write("stores.csv", "code,name\nS1,Uno\nS3,Tre\n");

  test("no error if the ledger is empty", async () => {
    expect(await run("loads")).toMatchObject({ status: 0, stdout: "", stderr: "Nothing was loaded yet.\n" });
    expect((await run("loads", "--json")).json).toEqual({ loads: [] });
  });

  test("a load prints which files it recognized, and its number", async () => {
    expect((await run("load", "store", "stores.csv")).stdout).toMatch(/ s, load 1$/m);
    expect((await run("load", "sales_daily", one)).stdout).toMatch(/ s, load 2\n/);
    const again = await run("load", "sales_daily", one);
    expect(again).toMatchObject({ status: 0, stderr: "" });
    expect(again.stdout).toMatch(
      /^2024-01-monday\.csv was loaded before: load 2, \d{4}-\d\d-\d\dT[\d:]{8}Z\n {2}--again loads it again\n$/,
    );
    const both = await run("load", "sales_daily", one, two);
    expect(both.stdout).toContain("2024-01-monday.csv was loaded before: load 2");
    expect(both.stdout).toContain("sales_daily from 2024-01-tuesday.csv: 2 rows in ");
    expect((await run("load", "sales_daily", one, two, "--again", "--json")).json).toMatchObject({
      load_id: 4,
      already_loaded: [],
      ...{ read: 4, unchanged: 3, duplicates: 1 },
    });
  });

  test("lists loads, the newest first", async () => {
    const { status, stdout, stderr } = await run("loads");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(
      lines.map((line) =>
        line
          .trim()
          .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, "…")
          .split(/ {2,}/),
      ),
    ).toEqual([
      ["load", "finished (UTC)", "table", "files", "read", "new", "changed", "same", "twice"],
      ["4", "…", "sales_daily", "2024-01-monday.csv +1", "4", "0", "0", "3", "1"],
      ["3", "…", "sales_daily", "2024-01-tuesday.csv", "2", "1", "0", "0", "1"],
      ["2", "…", "sales_daily", "2024-01-monday.csv", "2", "2", "0", "0", "0"],
      ["1", "…", "store", "stores.csv", "2", "1", "1", "0", "0"],
    ]);
  });

  test("lists those of a table, at most so many, complete with --json", async () => {
    const { json } = await run("loads", "--table", "sales_daily", "--limit", "2", "--json");
    expect(json.loads.map(({ id, table }: { id: number; table: string }) => [id, table])).toEqual([
      [4, "sales_daily"],
      [3, "sales_daily"],
    ]);
    expect(json.loads).toEqual((await ledger(database)).slice(0, 2));
  });

  test.for([
    ["an unknown table", ["--table", "sale_daily"], "TABLE_UNKNOWN", "did you mean sales_daily?"],
    ["no loads", ["--limit", "0"], "USAGE", "--limit takes a number of loads, not 0."],
    ["half a load", ["--limit", "1.5"], "USAGE", "not 1.5."],
  ] as const)("%s is one sentence, and exits 2", async ([, args, code, part]) => {
    const outcome = await run("loads", ...args);
    expect(outcome).toMatchObject({ status: 2, stdout: "" });
    expect(outcome.stderr).toMatch(new RegExp(`^error .* \\[${code}\\]$`, "m"));
    expect(outcome.stderr).toContain(part);
  });

  test("with --json reports progress on stderr: one event per line, phase by phase", async () => {
    const skus = Array.from({ length: 700 }, (_, index) => `P${index}`);
    const days = Array.from({ length: 29 }, (_, day) => `2024-02-${String(day + 1).padStart(2, "0")}`);
    const rows = days.flatMap((day) =>
      ["S1", "S2"].flatMap((store) => skus.map((sku) => `${day},${store},${sku},1,1,1`)),
    );
    workspace.write("february.csv", [header, ...rows, row("2024-01-03")].join("\n"));
    const { json, stderr, status } = await run(
      ...["load", "sales_daily", "february.csv", "--create-missing", "--json"],
    );
    expect({ status, inserted: json.inserted, created: json.created }).toEqual({
      ...{ status: 0, inserted: 40_601 },
      created: { store: 0, product: 700, calendar: 0 },
    });
    const events = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string; phase: string; done: number; of?: number });
    expect(new Set(events.map(({ event }) => event))).toEqual(new Set(["progress"]));
    const phases = events.map(({ phase }) => phase).filter((phase, index, all) => phase !== all[index - 1]);
    expect(phases).toEqual(["read", "check", "compare", "build", "publish"]);
    for (const [index, { phase, done, of }] of events.entries()) {
      const before = events[index - 1];
      if (before?.phase === phase) expect(done).toBeGreaterThanOrEqual(before.done);
      if (of !== undefined) expect(done).toBeLessThanOrEqual(of);
    }
    expect(events.some(({ done }) => done > 0)).toBe(true);
  });
});
