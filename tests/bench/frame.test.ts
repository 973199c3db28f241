import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { caseFigures } from "../../bench/figures.ts";
import { type Bench, requireFrame } from "../../bench/frame/bench.ts";
import { figuresOf, targetsOf } from "../../bench/frame/figures.ts";
import { lengthOf, monthsOf } from "../../bench/frame/months.ts";
import { type FrameReport, reportText } from "../../bench/frame/report.ts";
import { runRounds } from "../../bench/rounds.ts";
import { dayAfter, shapeOf } from "../../bench/shape.ts";

describe("the days that the specification's query is run on", () => {
  const range = { from: "2023-01-01", to: "2024-05-14" };

  it("are whole months, spread evenly over the range", () => {
    expect(monthsOf(range, 31)).toEqual([{ from: "2023-09-01", to: "2023-09-30" }]);
    expect(monthsOf(range, 90)).toEqual([
      { from: "2023-03-01", to: "2023-03-31" },
      { from: "2023-09-01", to: "2023-09-30" },
      { from: "2024-02-01", to: "2024-02-29" },
    ]);
    expect(monthsOf(range, 10_000)).toHaveLength(16);
  });

  it("are the whole range if it contains no whole month", () => {
    const short = { from: "2023-01-01", to: "2023-01-10" };
    expect(monthsOf(short, 31)).toEqual([short]);
  });

  it("lie within the range, in order, and never overlap", () => {
    const day = fc.integer({ min: 0, max: 2000 }).map((days) => dayAfter("2022-11-20", days));
    fc.assert(
      fc.property(day, fc.nat(900), fc.integer({ min: 1, max: 900 }), (from, length, days) => {
        const to = dayAfter(from, length);
        const months = monthsOf({ from, to }, days);
        const ends = months.flatMap((month) => [month.from, month.to]);
        expect(ends).toEqual([...ends].sort());
        expect(new Set(months.map((month) => month.from)).size).toBe(months.length);
        expect([from, ...ends, to]).toEqual([from, ...ends, to].sort());
        expect(lengthOf(months)).toBeLessThanOrEqual(length + 1);
      }),
    );
  });
});

describe("the rounds of a benchmark", () => {
  it("run one case after the other, and slow cases only once", async () => {
    const order: string[] = [];
    const rounds = await runRounds({
      cases: [{ name: "short" }, { name: "long", once: true }],
      count: 2,
      signal: new AbortController().signal,
      log: () => {},
      measure: async ({ name }) => ({ rows: 1, seconds: order.push(name) }),
      afterRound: async () => void order.push("-"),
    });
    expect(order).toEqual(["short", "long", "-", "short", "-"]);
    expect([...rounds].map(([name, { length }]) => [name, length])).toEqual([
      ["short", 2],
      ["long", 1],
    ]);
  });
});

describe("a frame that is measured", () => {
  const outcome = (training_rows: number, sha256: string) => ({
    seconds: {},
    manifest: { counts: { training_rows, future_rows: 28 }, files: [{ path: "frame.parquet", sha256 }] },
  });

  it("must have the expected rows and the bytes of every other frame of the run", () => {
    const bench = { expected: { training_rows: 5, future_rows: 28 }, written: new Map() } as unknown as Bench;
    requireFrame(bench, outcome(5, "abc"));
    requireFrame(bench, outcome(5, "abc"));
    expect(() => requireFrame(bench, outcome(6, "abc"))).toThrow('{"training_rows":5,"future_rows":28}');
    expect(() => requireFrame(bench, outcome(5, "def"))).toThrow("frame.parquet differs");
  });
});

describe("the figures of the frame benchmark", () => {
  const of = (name: string, rows: number, seconds: number[], more: object[] = []) =>
    caseFigures(
      { name, title: name },
      seconds.map((value, round) => ({ rows, seconds: value, ...more[round] })),
    );
  const measured = [
    of(
      "frame",
      5000,
      [10, 9, 20],
      [
        { peak_rss_mb: 900, temporary_mb: 2000, phases: { extract: 4, compute: 5 } },
        { peak_rss_mb: 1000, temporary_mb: 2500, phases: { extract: 6, compute: 5 } },
        { peak_rss_mb: 800, temporary_mb: 1500, phases: { extract: 2, compute: 5 } },
      ],
    ),
    of("specified_query", 300, [12, 11, 15]),
    of("rewritten_query", 5000, [60, 50, 70]),
    of("duckdb_native", 5000, [4, 3, 5]),
  ];
  const figures = figuresOf(measured);

  it("are ratios of rows/s and seconds at the median, and the memory of the worst round", () => {
    expect(figures).toEqual({
      frame_vs_specified_query: 20,
      frame_vs_rewritten_query: 6,
      frame_vs_duckdb_native: 2.5,
      ten_folds_vs_frame: null,
      backtest_seconds: null,
      frame_vs_mlforecast: null,
      frame_vs_polars: null,
      frame_vs_pandas: null,
      rows_per_second: 500,
      peak_rss_mb: 1000,
      temporary_disk_mb: 2500,
    });
  });

  it("have targets if their cases were run; memory has one up to 5 M rows", () => {
    const met = (rows: number) => targetsOf(figures, { rows }).map((target) => target.met);
    expect(met(5_000_000)).toEqual([true, false, true]);
    expect(met(50_000_000)).toEqual([true, false]);
    expect(targetsOf(figuresOf(measured.slice(1)), { rows: 5_000_000 })).toEqual([]);
  });

  it("are written together with the cases that were run and the machine", () => {
    const shape = { ...shapeOf(5_000_000), rows: 5000 };
    const report: FrameReport = {
      benchmark: "frame",
      date: "2024-02-29",
      command: "npm run bench -- frame",
      shape,
      machine: { cpu: "Z80", cores: 2, memory_gb: 24, kernel: "Linux 6", filesystem: "ext4" },
      versions: { Node: "20.19.0" },
      parameters: { work_mem: "64MB" },
      specified: [{ from: "2023-09-01", to: "2023-09-30" }],
      targets: targetsOf(figures, shape).slice(0, 1),
      cases: measured.slice(0, 2),
      ...figures,
    };
    const lines = reportText(report).split("\n");
    expect(lines[0]).toBe("## Frame, 5,000 rows");
    expect(lines).toContain(
      "| frame: rows/s relative to the specification's query | at least 10x | 20 | met |",
    );
    expect(lines).toContain("| frame | 5,000 | 10 | 9 - 20 | 500 | 900 | 2,000 |");
    expect(lines).toContain("| specified_query | 300 | 12 | 11 - 15 | 25 |  |  |");
    expect(lines).toContain("| frame | 4 | 5 |");
    const text = lines.join(" ");
    expect(text).toContain("only on whole months spread over the range (2023-09); its rows/s refer to them");
    expect(text).not.toContain("DuckDB's own tables are");
  });
});
