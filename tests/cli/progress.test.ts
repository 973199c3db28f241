import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { listed } from "../../src/cli/commands/loads.ts";
import { printLoad } from "../../src/cli/render/load-report.ts";
import { createOutput, table } from "../../src/cli/render/output.ts";
import { progressDisplay, progressLine, whileDoing } from "../../src/cli/render/progress.ts";
import type { LoadResult, LoadRun } from "../../src/ingest/index.ts";
import { loadClock, loadPhases } from "../../src/ingest/phases.ts";
import { rememberingStreams } from "./support/streams.ts";

/* What a load shows while it runs and when it is done. */

/** Streams that remember what was written to them. */
function screen(options: { json?: boolean; isTTY?: boolean; columns?: number } = {}) {
  const { json = false, ...terminal } = options;
  const { written, ...streams } = rememberingStreams(terminal);
  const output = createOutput({ json, verbose: false }, { NO_COLOR: "1" }, streams);
  return { written, output, stderr: streams.stderr };
}

describe("a line of progress", () => {
  test.for([
    [
      { phase: "build", done: 3_100_000, of: 5_000_000 },
      14.8,
      "building  3,100,000 of 5,000,000 rows  210,000 rows/s  10 s left",
    ],
    [{ phase: "read", done: 1_000_000 }, 2, "reading  1,000,000 rows  500,000 rows/s"],
    [
      { phase: "build", done: 1_000, of: 1_000_000 },
      1,
      "building  1,000 of 1,000,000 rows  1,000 rows/s  17 min left",
    ],
    [{ phase: "compare", done: 500, of: 500 }, 1, "comparing  500 of 500 rows  500 rows/s  0 s left"],
    [{ phase: "check", done: 0 }, 9, "checking … 9 s"],
    [{ phase: "read", done: 5_000 }, 0.1, "reading …"],
    [{ phase: "publish", done: 0 }, 0, "publishing …"],
    [{ phase: "publish", done: 0 }, 9, "publishing … 9 s"],
    [{ phase: "extract", done: 3, of: 12 }, 1, "reading  3 of 12 parts of tables  3 s left"],
    [{ phase: "audit", done: 2, of: 6 }, 4, "auditing  2 of 6 frames  8 s left"],
    [{ phase: "compute", done: 400, of: 1_000 }, 2, "computing  400 of 1,000 series  200 series/s  3 s left"],
  ] as const)("%j after %d s: %s", ([progress, elapsed_s, line]) => {
    expect(progressLine(progress, elapsed_s)).toBe(line);
  });

  test("fits on a terminal and never shows what is not a number", () => {
    const progress = fc.record({
      phase: fc.constantFrom(...loadPhases),
      done: fc.nat({ max: 100_000_000 }),
      of: fc.option(fc.integer({ min: 100_000_000, max: 999_999_999 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(progress, fc.double({ min: 0, max: 100_000, noNaN: true }), (at, elapsed_s) => {
        const line = progressLine(at, elapsed_s);
        expect(line.length).toBeLessThan(80);
        expect(line).not.toMatch(/NaN|Infinity|-\d/);
      }),
    );
  });
});

describe("progress", () => {
  test("on a terminal is one line that is redrawn, cut to its width, and erased", () => {
    const { written, output, stderr } = screen({ isTTY: true, columns: 20 });
    const display = progressDisplay(output, stderr);
    display.onProgress?.({ phase: "read", done: 0 });
    display.onWait("another load of sales_daily, 2024-01");
    display.clear();
    expect(written).toEqual({
      stdout: "",
      stderr: "\r\x1b[Kreading …\r\x1b[Kwaiting for anothe…\r\x1b[K",
    });
  });

  test("names the step within a phase, and goes on counting while nothing is reported", () => {
    vi.useFakeTimers();
    const { written, output, stderr } = screen({ isTTY: true, columns: 80 });
    const display = progressDisplay(output, stderr);
    const last = () => written.stderr.split("\r\x1b[K").at(-1);
    display.onProgress?.({ phase: "build", done: 0 });
    display.onStep("copy 2024-01");
    expect(last()).toBe("building …  copying 2024-01");
    display.onStep("index 2024-01");
    vi.advanceTimersByTime(12_000);
    expect(last()).toBe("building … 12 s  indexing 2024-01");
    display.onProgress?.({ phase: "publish", done: 0 });
    display.onStep("record");
    expect(last()).toBe("publishing …");
    display.onStep("swap");
    expect(last()).toBe("publishing …  attaching months");
    display.onWait("another load of store");
    vi.advanceTimersByTime(5_000);
    expect(last()).toBe("waiting for another load of store … 5 s");
    display.clear();
    const drawn = written.stderr;
    vi.advanceTimersByTime(5_000);
    expect(written.stderr).toBe(drawn);
    vi.useRealTimers();
  });

  test("of work that reports nothing is what is done, and for how long", async () => {
    vi.useFakeTimers();
    const { written, output, stderr } = screen({ isTTY: true, columns: 80 });
    let resolve: (value: number) => void = () => {};
    const promise = new Promise<number>((done) => {
      resolve = done;
    });
    const work = whileDoing(output, stderr, "summing transactions", promise);
    vi.advanceTimersByTime(3_000);
    expect(written.stderr.split("\r\x1b[K").at(-1)).toBe("summing transactions … 3 s");
    resolve(7);
    expect(await work).toBe(7);
    expect(written.stderr.endsWith("\r\x1b[K")).toBe(true);
    vi.useRealTimers();
  });

  test("with --json is an object a line on stderr", () => {
    const { written, output, stderr } = screen({ json: true, isTTY: true });
    const display = progressDisplay(output, stderr);
    display.onProgress?.({ phase: "read", done: 10 });
    display.onProgress?.({ phase: "build", done: 10, of: 40 });
    display.onWait("another load of store");
    display.clear();
    expect(written.stdout).toBe("");
    expect(
      written.stderr
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { event: "progress", phase: "read", done: 10 },
      { event: "progress", phase: "build", done: 10, of: 40 },
      { event: "waiting", for: "another load of store" },
    ]);
  });

  test("elsewhere is silent, except that waiting is told", () => {
    const { written, output, stderr } = screen();
    const display = progressDisplay(output, stderr);
    expect(display.onProgress).toBeUndefined();
    display.onWait("another load of store");
    display.clear();
    expect(written).toEqual({ stdout: "", stderr: "waiting for another load of store\n" });
  });

  test("is told at each phase, and within one at most every tenth of a second", () => {
    const told: string[] = [];
    const clock = loadClock(({ phase, done }) => told.push(`${phase} ${done}`));
    for (let rows = 1; rows <= 1_000; rows++) clock.progress(rows);
    clock.enter("check");
    const seconds = clock.stop();
    expect(told.slice(0, 2)).toEqual(["read 0", "read 1"]);
    expect(told.at(-1)).toBe("check 0");
    expect(told.length).toBeLessThan(10);
    expect(Object.keys(seconds)).toEqual([...loadPhases]);
  });
});

const file = (path: string, rows: number) => ({ path, bytes: 100, sha256: "0".repeat(64), rows });
const month = (name: string, method: LoadResult["months"][number]["method"], counts: number[]) => {
  const [inserted = 0, updated = 0, unchanged = 0] = counts;
  return { month: name, rows: inserted + updated + unchanged, method, inserted, updated, unchanged };
};
const result = (changes: Partial<LoadResult>): LoadResult => ({
  table: "sales_daily",
  load_id: 17,
  files: [file("sales.csv", 5_000_000)],
  already_loaded: [],
  source_rows: 5_000_000,
  filtered: 0,
  read: 5_000_000,
  inserted: 3_000_100,
  updated: 1_000_000,
  unchanged: 999_900,
  duplicates: 0,
  duplicates_by: { collapse: 0, equal: 0, first: 0, last: 0, sum: 0 },
  rejected: 0,
  max_rejects: 0,
  withheld: 0,
  published: true,
  dry_run: false,
  created: { store: 0, product: 0, calendar: 0 },
  months: [
    month("2023-11", "unchanged", [0, 0, 300_000]),
    month("2023-12", "rebuild", [0, 1_000_000, 0]),
    month("2024-01", "merge", [100, 0, 699_900]),
    month("2024-02", "attach", [1_000_000]),
    month("2024-03", "attach", [2_000_000]),
  ],
  rejects_file: null,
  reject_codes: {},
  first_rejects: [],
  seconds: { read: 5, check: 5, compare: 2.5, build: 10, publish: 0.04 },
  ...changes,
});
const printed = (changes: Partial<LoadResult> = {}) => {
  const { written, output } = screen();
  printLoad(result(changes), output);
  return written;
};

describe("the report of a load", () => {
  test("is the identity, the months by method, and the seconds by phase", () => {
    expect(printed()).toEqual({
      stderr: "",
      stdout: `\
sales_daily from sales.csv: 5,000,000 rows in 22.5 s (222,000 rows/s), load 17
  read 5,000,000 = 3,000,100 inserted + 1,000,000 updated + 999,900 unchanged
    + 0 duplicates + 0 rejected

             from - to          months   inserted    updated  unchanged
  attach     2024-02 - 2024-03       2  3,000,000          0          0
  rebuild    2023-12                 1          0  1,000,000          0
  merge      2024-01                 1        100          0    699,900
  unchanged  2023-11                 1          0          0    300,000

  read 5.0 s, check 5.0 s, compare 2.5 s, build 10.0 s, publish 0.0 s
`,
    });
  });

  test("of a small load gives no rate, of a table without months no table, of a dry run no number", () => {
    const seconds = { read: 0.1, check: 0.1, compare: 0, build: 0, publish: 0 };
    const counts = { source_rows: 1, read: 1, inserted: 1, updated: 0, unchanged: 0, published: false };
    const { stdout } = printed({
      ...counts,
      table: "store",
      load_id: null,
      dry_run: true,
      months: [],
      seconds,
    });
    expect(stdout).toBe(`\
store from sales.csv: 1 row in 0.2 s
  read 1 = 1 inserted + 0 updated + 0 unchanged + 0 duplicates + 0 rejected

  read 0.1 s, check 0.1 s, compare 0.0 s, build 0.0 s, publish 0.0 s
  dry run: nothing was published
`);
  });

  test("says how many dimension rows were created, or would be", () => {
    const created = { store: 2, product: 0, calendar: 31 };
    expect(printed({ created }).stdout).toContain("\n  created in store: 2, calendar: 31\n");
    expect(printed({ created, published: false, dry_run: true }).stdout).toContain(
      "\n  to be created in store: 2, calendar: 31\n",
    );
  });

  test("of files that were all loaded before says only that", () => {
    const before = ["a.csv", "b.csv"].map((path, index) => ({
      path,
      load_id: index + 1,
      finished_at: "2024-03-01T06:00:00Z",
    }));
    expect(printed({ files: [], already_loaded: before }).stdout).toBe(`\
a.csv was loaded before: load 1, 2024-03-01T06:00:00Z
b.csv was loaded before: load 2, 2024-03-01T06:00:00Z
  --again loads them again
`);
    expect(printed({ already_loaded: before.slice(1) }).stdout).toMatch(
      /^b\.csv was .*\n {2}--again loads it again\nsales_daily from sales\.csv: /,
    );
  });

  test("lists rejects on stderr, with what most likely helps", () => {
    const reject = {
      ...{ file: "sales.csv", record: 7, column: "store_code", code: "UNKNOWN_STORE" as const, value: "S9" },
      message: "the store is not in the table store",
    };
    const { stderr } = printed({
      rejected: 12,
      max_rejects: 12,
      rejects_file: "rejects-sales_daily.csv",
      reject_codes: { UNKNOWN_STORE: 12 },
      first_rejects: [reject],
    });
    expect(stderr).toContain('  sales.csv record 7, store_code "S9": the store is not in the table store\n');
    expect(stderr).toContain(
      "  and 11 more; the rejected rows are in rejects-sales_daily.csv: fix them and load that file\n",
    );
    expect(stderr).toMatch(/\n {2}UNKNOWN_STORE: .*--create-missing\n$/);
  });

  test.for([
    ["product", "--on-duplicate first or last"],
    ["sales_daily", "--on-duplicate first or last; or add them up: --on-duplicate sum"],
  ] as const)("for duplicates of %s proposes policies that the table takes", ([table, policies]) => {
    const { stderr } = printed({ table, rejected: 2, reject_codes: { DUPLICATE_GRAIN: 2 } });
    expect(stderr).toContain(`  DUPLICATE_GRAIN: choose which row to keep: ${policies}\n`);
  });

  test("says on stderr how many equal lines of transactions were dropped", () => {
    const dropped = (equal: number) => ({
      duplicates: equal,
      duplicates_by: { ...result({}).duplicates_by, equal },
    });
    const note = /^note 3 equal lines were dropped as duplicates .*line_no: row_number\(\)/m;
    expect(printed({ table: "sales_txn", ...dropped(3) }).stderr).toMatch(note);
    expect(printed({ table: "sales_txn", ...dropped(0) }).stderr).toBe("");
    expect(printed({ table: "sales_daily", ...dropped(3) }).stderr).toBe("");
  });

  test("keeps the identity within 80 columns for any counts", () => {
    const rows = fc.nat({ max: 999_999_999 });
    const parts = fc.record({
      ...{ inserted: rows, updated: rows, unchanged: rows, duplicates: rows, rejected: rows, withheld: rows },
    });
    fc.assert(
      fc.property(parts, (counts) => {
        const sum = Object.values(counts).reduce((total, value) => total + value, 0);
        const lines = printed({ ...counts, read: sum }).stdout.split("\n");
        const identity = lines.slice(1, lines.indexOf(""));
        for (const line of identity) expect(line.length).toBeLessThanOrEqual(80);
        const numbers = identity
          .join(" ")
          .match(/\d[\d,]*/g)
          ?.map((text) => Number(text.replaceAll(",", "")));
        const [read, ...terms] = numbers ?? [];
        expect(terms.reduce((total, value) => total + value, 0)).toBe(read);
      }),
    );
  });
});

describe("the ledger as a table", () => {
  const run = (changes: Partial<LoadRun>): LoadRun => ({
    ...{ id: 1, table: "sales_daily", files: [file("data/sales.csv", 10)], mapping_sha256: "" },
    ...{
      source_rows: 10,
      filtered: 0,
      read: 10,
      inserted: 10,
      updated: 0,
      unchanged: 0,
      duplicates: 0,
      rejected: 0,
    },
    ...{ created: { store: 0, product: 0, calendar: 0 }, months: [] },
    ...{ started_at: "2024-03-01T05:59:59.000Z", finished_at: "2024-03-01T06:00:00.123Z" },
    ...{ loaded_by: "postgres", version: "0.1.0" },
    ...changes,
  });
  const lines = (runs: LoadRun[], room = 80) => table(listed(runs), room, ["files"]);

  test("has a row a load, without the counts that are 0 for all of them", () => {
    const files = [file("in/a.csv", 1), file("in/b.csv", 1), file("in/c.csv", 1)];
    expect(lines([run({ id: 1234, read: 1_500, inserted: 1_498, rejected: 2, files }), run({})])).toEqual([
      "load  finished (UTC)    table        files       read    new  rejects",
      "1234  2024-03-01 06:00  sales_daily  a.csv +2   1,500  1,498        2",
      "   1  2024-03-01 06:00  sales_daily  sales.csv     10     10        0",
    ]);
  });

  test("fits on 80 columns: long names are told by their ends", () => {
    const files = Array.from({ length: 20 }, (_, day) =>
      file(`in/online_retail_2010-12-${day + 1}_final.csv`, 1),
    );
    const all = lines([run({ files, read: 1_000_000, inserted: 900_000, updated: 100_000 })]);
    for (const line of all) expect(line.length).toBeLessThanOrEqual(80);
    expect(all[1]).toMatch(/ {2}….*final\.csv \+19 {2}/);
  });
});
