import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addForecasts, emptyScoreboard, reportOf } from "../../src/backtest/index.ts";
import { listed } from "../../src/cli/commands/loads.ts";
import { printAudit } from "../../src/cli/render/audit-report.ts";
import { printScores } from "../../src/cli/render/backtest-report.ts";
import { printLoad } from "../../src/cli/render/load-report.ts";
import {
  createOutput,
  type Output,
  reportFailure,
  reportResult,
  table,
} from "../../src/cli/render/output.ts";
import { progressDisplay } from "../../src/cli/render/progress.ts";
import { wrapped } from "../../src/cli/render/wrap.ts";
import { fail } from "../../src/errors.ts";
import { renderPlot } from "../../src/frame/index.ts";
import type { LoadResult, LoadRun } from "../../src/ingest/index.ts";
import { displayWidth } from "../../src/system/display-width.ts";
import { forecastlab } from "./support/command-line.ts";
import { rememberingStreams } from "./support/streams.ts";

/* The edge to the terminal: nothing that data holds steers it, and every line fits. */

const control = /\p{Cc}|\p{Bidi_Control}|\p{Zl}|\p{Zp}/u;

/** Text as an attacker writes it into file names, codes and names. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\x1b[31m",
        "\x1b]0;title\x07",
        "\x1b[2J",
        "\x9b2J",
        "\u202e",
        "\u2066",
        "\r",
        "\n",
        "\x7f",
        "\0",
      ),
      fc.string({ unit: "grapheme", maxLength: 6 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(""));

const months = [
  { month: "2024-01", rows: 1, method: "merge" as const, inserted: 1, updated: 0, unchanged: 0 },
];

const loaded = (text: string): LoadResult => ({
  ...{ table: "sales_daily", load_id: 17, source_rows: 5, filtered: 0, read: 5, inserted: 3, updated: 0 },
  files: [{ path: text, bytes: 1, sha256: "", rows: 5 }],
  already_loaded: [{ path: text, load_id: 1, finished_at: "2024-01-01T00:00:00Z" }],
  ...{
    unchanged: 0,
    duplicates: 0,
    duplicates_by: { collapse: 0, equal: 0, first: 0, last: 0, sum: 0 },
    rejected: 2,
    max_rejects: 5,
    withheld: 0,
    published: true,
    dry_run: false,
  },
  ...{ created: { store: 1, product: 0, calendar: 0 }, months, rejects_file: text },
  reject_codes: { UNKNOWN_STORE: 2 },
  first_rejects: [
    { file: text, record: 2, column: text, value: text, code: "UNKNOWN_STORE", message: `no ${text}` },
  ] as unknown as LoadResult["first_rejects"],
  seconds: { read: 1, check: 0, compare: 0, build: 0, publish: 0 },
});

const run = (text: string): LoadRun => ({
  ...{
    id: 1,
    table: "sales_daily",
    files: [{ path: text, bytes: 1, sha256: "", rows: 10 }],
    mapping_sha256: "",
  },
  ...{ source_rows: 10, filtered: 0, read: 10, inserted: 10, updated: 10, unchanged: 10, duplicates: 1 },
  ...{ rejected: 1, created: { store: 0, product: 0, calendar: 0 }, months: [] },
  ...{ started_at: "2024-03-01T05:59:59.000Z", finished_at: "2024-03-01T06:00:00.123Z" },
  ...{ loaded_by: text, version: "0.1.0" },
});

const difference = (text: string) => ({
  ...{ frame: "training" as const, column: text, rows: 1 },
  example: { unique_id: text, ds: "2024-01-01", before: text, after: null },
});

const day = (ds: string, text: string) => ({
  ...{ ds, y: 3, stockout: false, promotion: true, list_price: 2, holiday: true, holiday_name: text },
});

/** Every way in which text reaches a terminal. */
const paths: Record<
  string,
  (text: string, output: Output, streams: ReturnType<typeof rememberingStreams>) => void
> = {
  line: (text, output) => output.line(text),
  report: (text, output) => output.report(text),
  note: (text, output) => output.note(text),
  data: (text, output) => output.data(text.replaceAll("\n", "")),
  colors: (text, output) => output.line(`${output.colors.bold(text)} ${output.colors.dim(text)}`),
  table: (text, output) => {
    for (const line of table(
      [
        ["name", text],
        [text, 1],
      ],
      output.room,
    ))
      output.line(line);
  },
  failure: (text, output, streams) => {
    reportFailure(fail("FILE_NOT_FOUND", { path: text }, new Error(text)), output, streams);
    reportFailure(fail("DATABASE_FAILURE", { sqlstate: "22000", reason: text }), output, streams);
    reportFailure(fail("FRAME_CALENDAR_INCOMPLETE", { days: 1, first: text, last: text }), output, streams);
  },
  "unexpected failure": (text, output, streams) => void reportFailure(new Error(text), output, streams),
  result: (text, output, streams) => {
    output.result({ [text]: text });
    reportResult(loaded(text), fail("FILE_NOT_FOUND", { path: text }), printLoad, { output, streams });
  },
  load: (text, output) => printLoad(loaded(text), output),
  loads: (text, output) => {
    for (const line of table(listed([run(text)]), output.room, ["files"])) output.line(line);
  },
  audit: (text, output) => {
    const check = { name: text, changed: text, must_hold: text, perturbed: 1, rows: 1, cells: 1 };
    const checks = [{ ...check, differing: [difference(text)] }];
    printAudit(
      { cutoff: "2024-01-01", horizon: 1, checks } as unknown as Parameters<typeof printAudit>[0],
      output,
    );
  },
  scores: (text, output) => {
    const board = emptyScoreboard([80]);
    const [one, two] = [Float64Array.of(1), Float64Array.of(2)];
    addForecasts(
      board,
      { class: "smooth", store: text, category: text },
      {
        ...{ y: one, weight: one, forecast: two, steps: Int32Array.of(1), scales: { rmsse: 1, mase: null } },
        intervals: [{ lo: one, hi: two }],
      },
    );
    const { scored, ...groups } = reportOf(board);
    const models = [text, "naive"].map((model) => ({ model, ...scored, ...groups }));
    const counts = { rows: 1, series: 1, y_from_warehouse: 1, y_differs: 1, unknown_series: 1 };
    printScores({ file: text, freq: "day", season: 7, cutoffs: ["2024-01-01"], ...counts, models }, output);
  },
  plot: (text, output) => {
    const days = [day("2024-01-01", text), day("2024-01-02", text)];
    const series = {
      ...{ unique_id: text, target: null, step: "day" as const },
      ...{ training: days, future: days, strips: ["holiday" as const] },
    };
    for (const line of renderPlot(series, { width: output.width, colors: output.colors })) output.line(line);
  },
  progress: (text, output, { stderr }) => {
    const display = progressDisplay(output, stderr);
    display.onProgress?.({ phase: "build", done: 0 });
    display.onStep(`copy ${text}`);
    display.onWait(text);
    display.clear();
  },
};

/** What is printed for a text on a terminal, as a list of lines, without what we draw ourselves. */
function linesOf(
  path: string,
  text: string,
  { json = false, columns = 80, environment = { NO_COLOR: "1" } as NodeJS.ProcessEnv } = {},
): string[] {
  const streams = rememberingStreams({ isTTY: true, columns });
  const output = createOutput({ json, verbose: path.endsWith("failure") }, environment, streams);
  paths[path]?.(text, output, streams);
  const { stdout, stderr } = streams.written;
  return `${stdout}${stderr}`.replaceAll("\r\x1b[K", "\n").split("\n");
}

describe("text from data never steers a terminal", () => {
  test.for(Object.keys(paths))("%s", (path) => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (text, json) => {
        for (const line of linesOf(path, text, { json })) expect(line).not.toMatch(control);
        const painted = linesOf(path, text, { environment: { FORCE_COLOR: "1" } });
        for (const line of painted)
          expect(line.replaceAll(/\x1b\[(1|2|22|3[1236]|39)m/g, "")).not.toMatch(control);
      }),
      { numRuns: 40 },
    );
  });

  test("and cannot use our colors either", () => {
    const [line] = linesOf("colors", "\x1b[31mred", { environment: { FORCE_COLOR: "1" } });
    expect(line).toBe("\x1b[1m␛[31mred\x1b[22m \x1b[2m␛[31mred\x1b[22m");
  });

  test("nor from the command line", async () => {
    const lines = [
      ["\x1b[2Jx"],
      ["help", "\u202eload"],
      ["loads", "--limit", "\x9b2J"],
      ["completion", "\x1b[2Jbash"],
    ];
    for (const args of lines) {
      const { status, stderr } = await forecastlab(args);
      expect(status).toBe(2);
      for (const line of stderr.split("\n")) expect(line).not.toMatch(control);
    }
  });

  test("lines for another program are exact in a pipe", () => {
    const streams = rememberingStreams();
    createOutput({ json: false, verbose: false }, {}, streams).data("SELECT '\x1b\t\u202e';\n-- end");
    expect(streams.written.stdout).toBe("SELECT '\x1b\t\u202e';\n-- end\n");
  });
});

describe("on a terminal", () => {
  const wordy = fc
    .array(fc.string({ unit: "grapheme", maxLength: 12 }), { maxLength: 30 })
    .map((words) => words.join(" "));

  // What is meant for another program is not wrapped; tables of scores have a test of their own.
  const wrapping = Object.keys(paths).filter((path) => path !== "data" && path !== "scores");

  test.for([60, 80, 120, 200])("every line fits on %i columns, if its words do", (columns) => {
    fc.assert(
      fc.property(fc.constantFrom(...wrapping), wordy, (path, text) => {
        for (const line of linesOf(path, text, { columns })) {
          const longest = Math.max(...line.split(" ").map(displayWidth));
          expect(displayWidth(line)).toBeLessThanOrEqual(Math.max(columns, longest + columns / 2));
        }
      }),
    );
  });

  test("a long sentence is wrapped at spaces, and indented below its first line", () => {
    expect(wrapped("  one two three", 10)).toEqual(["  one two", "    three"]);
    expect(wrapped("error one two three", 12)).toEqual(["error one", "  two three"]);
    expect(wrapped("data     one two three", 20)).toEqual(["data     one two", "         three"]);
    expect(wrapped("/a/very/long/path is long", 10)).toEqual(["/a/very/long/path", "  is long"]);
  });

  test("in a pipe nothing is wrapped or cut", () => {
    const streams = rememberingStreams();
    const output = createOutput({ json: false, verbose: false }, {}, streams);
    const name = `${"long-".repeat(40)}.csv`;
    for (const line of table(listed([run(name)]), output.room, ["files"])) output.line(line);
    output.note(`${"word ".repeat(60)}end`);
    expect(streams.written.stdout).toContain(name);
    expect(streams.written.stdout.trimEnd().split("\n")).toHaveLength(2);
    expect(streams.written.stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("COLUMNS takes precedence over what the terminal says", () => {
    expect(
      createOutput(
        { json: false, verbose: false },
        { COLUMNS: "60" },
        rememberingStreams({ isTTY: true, columns: 120 }),
      ).room,
    ).toBe(60);
  });

  test.for([
    [{ isTTY: true }, {}, true],
    [{ isTTY: true }, { NO_COLOR: "1" }, false],
    [{ isTTY: true }, { NO_COLOR: "" }, true],
    [{ isTTY: true }, { TERM: "dumb" }, false],
    [{ isTTY: true }, { FORCE_COLOR: "0" }, false],
    [{}, {}, false],
    [{}, { FORCE_COLOR: "1" }, true],
    [{}, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
  ] as const)("colors of %j with %j: %s", ([terminal, environment, colored]) => {
    const streams = rememberingStreams(terminal);
    const output = createOutput({ json: false, verbose: false }, environment, streams);
    output.line(output.colors.bold("x"));
    expect(streams.written.stdout.includes("\x1b")).toBe(colored);
  });
});

describe("a table", () => {
  const rows = [
    ["name", "what", "units"],
    ["東京タワー", "a long description of it", 12],
    ["Cafe\u0301", "short", 3_456],
  ];

  test("lines up wide and combining characters", () => {
    const lines = table(rows);
    expect(new Set(lines.map(displayWidth)).size).toBe(1);
    expect(lines[2]).toBe("Cafe\u0301        short                     3,456");
  });

  test("cuts text to the room, but no number", () => {
    expect(table(rows, 30)).toEqual([
      "name        what         units",
      "東京タワー  a long des…     12",
      "Cafe\u0301        short        3,456",
    ]);
  });

  test("that does not fit even so has a line for each value", () => {
    expect(table(rows, 20)).toEqual([
      "name   東京タワー",
      "what   a long description of it",
      "units  12",
      "",
      "name   Cafe\u0301",
      "what   short",
      "units  3,456",
    ]);
  });
});
