import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { caseFigures } from "../../bench/figures.ts";
import { figuresOf, targetsOf } from "../../bench/ingest/figures.ts";
import { type IngestReport, reportText } from "../../bench/ingest/report.ts";
import { markdownTable, replaceSection } from "../../bench/markdown.ts";
import { shapeOf } from "../../bench/shape.ts";
import { spreadOf } from "../../bench/statistics.ts";

describe("the median of rounds", () => {
  it("is the middle value, or the mean of the two middle values if their number is even", () => {
    expect(spreadOf([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
    expect(spreadOf([10, 1, 3, 4])).toEqual({ median: 3.5, min: 1, max: 10 });
    expect(() => spreadOf([])).toThrow("no round was measured");
  });

  it("has at most half of the rounds below it and at most half above it", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 9 }), (values) => {
        const { median, min, max } = spreadOf(values);
        const half = values.length / 2;
        expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(half);
        expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(half);
        expect([min, max]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
    );
  });
});

describe("docs/benchmarks.md", () => {
  const title = "# Benchmarks\n\nWritten by a command.\n";

  it("has one section per size, and a new run replaces only its own", () => {
    const first = replaceSection(title, "ingest 5", "five");
    const both = replaceSection(first, "ingest 50", "fifty");
    const again = replaceSection(both, "ingest 5", "five again\n");
    expect(again).toBe(`${title}
<!-- bench: ingest 5 -->
five again
<!-- end of ingest 5 -->

<!-- bench: ingest 50 -->
fifty
<!-- end of ingest 50 -->
`);
  });

  it("is the same however often a section is written, whatever its content", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (section, other) => {
        const once = replaceSection(replaceSection(title, "a", other), "b", section);
        expect(replaceSection(once, "b", section)).toBe(once);
        expect(replaceSection(once, "a", other)).toBe(once);
      }),
    );
  });

  it("is not changed if its markers are damaged", () => {
    expect(() => replaceSection("<!-- end of a -->\n", "a", "text")).toThrow("markers of a");
  });

  it("has tables with the names left-aligned and the numbers right-aligned", () => {
    expect(markdownTable(["case", "rows"], [["copy", "5"]])).toBe(
      "| case | rows |\n| --- | ---: |\n| copy | 5 |",
    );
  });
});

describe("the size of a benchmark", () => {
  it("grows by days up to 5 M rows, and by products above", () => {
    expect(shapeOf(50_000)).toMatchObject({ stores: 100, products: 100, days: 5 });
    expect(shapeOf(5_000_000)).toMatchObject({ stores: 100, products: 100, days: 500 });
    expect(shapeOf(50_000_000)).toMatchObject({ stores: 100, products: 1000, days: 500 });
    for (const rows of [0, 12_345, 5_010_000]) expect(() => shapeOf(rows)).toThrow("multiple of 10,000");
  });
});

describe("the figures of the ingest benchmark", () => {
  const round = (seconds: number, more = {}) => ({ rows: 1000, seconds, ...more });
  const of = (name: string, ...rounds: ReturnType<typeof round>[]) =>
    caseFigures({ name, title: name }, rounds);

  const measured = [
    of("bare_copy", round(1), round(1), round(7)),
    of("copy", round(40), round(38), round(41)),
    of("first_load", round(4, { peak_rss_mb: 300.2 }), round(4, { peak_rss_mb: 200 }), round(9)),
    of("replay", round(1, { rows_written: 0, wal_bytes: 100 })),
    of(
      "replay_again",
      round(2, { rows_written: 0, wal_bytes: 70 }),
      round(2, { rows_written: 3, wal_bytes: 90 }),
    ),
  ];
  const figures = figuresOf(measured, 10);

  it("are ratios of medians, and the worst round for hard limits", () => {
    expect(figures).toMatchObject({
      first_load_vs_copy: 10,
      first_load_vs_bare_copy: 4,
      replay_vs_first_load: 4,
      replay_again_vs_first_load: 2,
      replay_rows_written: 3,
      replay_wal_bytes: 100,
      peak_rss_mb: 301,
      seconds_per_million_rows: 4000,
    });
  });

  it("compare rows per second if the cases differ in rows", () => {
    const smaller = caseFigures({ name: "first_load_5m", title: "" }, [{ rows: 100, seconds: 0.5 }]);
    expect(figuresOf([...measured, smaller], 10).growth_vs_5m).toBe(0.8);
  });

  it("are null if a case was not run, and then have no target", () => {
    expect(figures).toMatchObject({ delta_vs_on_conflict: null, growth_vs_5m: null });
    expect(targetsOf(figures).map(({ measured, met }) => [measured, met])).toEqual([
      ["10", true],
      ["4", true],
      ["4", true],
      ["2", false],
      ["3", false],
      ["100", true],
      ["301", true],
    ]);
  });

  it("are written together with the machine, versions and parameters", () => {
    const report: IngestReport = {
      benchmark: "ingest",
      date: "2024-02-29",
      command: "npm run bench -- ingest",
      shape: shapeOf(5_000_000),
      machine: { cpu: "Z80", cores: 2, memory_gb: 24, kernel: "Linux 6", filesystem: "ext4" },
      versions: { Node: "20.19.0", PostgreSQL: "18.4" },
      parameters: { fsync: "on", autovacuum: "off" },
      targets: targetsOf(figures).slice(0, 1),
      cases: [
        of("copy", round(40.04), round(38.04), round(41.04, { rows_written: 1000, wal_bytes: 2_500_000 })),
      ],
      ...figures,
    };
    expect(reportText(report)).toBe(`## Ingest, 5,000,000 rows

100 stores x 100 products x 500 days. 2024-02-29, \`npm run bench -- ingest\`, medians of 3 rounds.

- Z80, 2 cores, 24 GB, Linux 6, ext4
- Node 20.19.0, PostgreSQL 18.4
- PostgreSQL with fsync = on, autovacuum = off

| metric | target | measured |  |
| --- | ---: | ---: | ---: |
| first load: rows/s relative to \`COPY\` into \`sales_daily\` | at least 8x | 10 | met |

| case | rows | seconds | min - max | rows/s | row versions written | WAL MB | peak MB |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| copy | 1,000 | 40 | 38 - 41 | 25 | 1,000 | 2.5 |  |`);
  });
});
