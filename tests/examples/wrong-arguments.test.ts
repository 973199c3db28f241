import { expect, test } from "vitest";
import * as library from "../../src/index.ts";
import { check, preview, status } from "../../src/migration/index.ts";

/* Every public function, called from JavaScript with arguments of the wrong type: a sentence, and never a TypeError from inside. */

// biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
const api = { ...library, check, preview, status } as any;
const database = library.databaseOf("postgresql://somebody:secret@127.0.0.1:1/none");
const range = { from: "2024-01-01", to: "2024-01-02" };
const frame = { cutoff: "2024-01-01", horizon: 7, out: "frame.parquet" };
const sales = { table: "sales_daily", files: ["a.csv"] };

const calls: Record<string, unknown[][]> = {
  auditFrame: [
    [],
    [database],
    [database, { ...frame, cutoff: new Date(0) }],
    ["postgresql://u:secret@h/d", frame],
  ],
  auditRefusal: [[], ["passed"]],
  backtest: [
    [],
    [database],
    [database, { ...frame, cutoff: new Date(0) }],
    [database, { ...frame, horizon: "7" }],
    [database, { ...frame, folds: "3" }],
    [database, { ...frame, step: 1.5 }],
    [database, { ...frame, out: 7 }],
    [database, { ...frame, levels: "80" }],
    [database, { ...frame, levels: ["80"] }],
    [database, { ...frame, freq: 7 }],
    [database, { ...frame, signal: {} }],
    [database, { ...frame, onProgress: true }],
    ["postgresql://u:secret@h/d", frame],
  ],
  buildFrame: [
    [undefined, frame],
    [database, { ...frame, cutoff: 20240101 }],
    [database, { ...frame, horizon: "7" }],
    [database, { ...frame, out: 7 }],
    [database, { ...frame, spec: 7 }],
    [database, { ...frame, knownAt: new Date(0) }],
    [database, { ...frame, partitionBy: "year" }],
  ],
  buildFrames: [
    [undefined, frame],
    [database, { ...frame, cutoffs: "2024-01-01" }],
    [database, { ...frame, cutoffs: ["2024-01-01"], out: 7 }],
  ],
  check: [[], [{}], [database, { folder: 7 }]],
  contractOf: [[], ["sales"], [7]],
  databaseOf: [[], [7], [{}]],
  downgrade: [[], [database], [database, { target: 1 }]],
  foldCutoffs: [
    [],
    [{ cutoff: new Date(0), folds: 1, step: 1 }],
    [{ cutoff: "2024-01-01", folds: "2", step: 1 }],
  ],
  frameBatches: [
    [],
    [database],
    [database, { ...frame, frame: "both" }],
    ["postgresql://u:secret@h/d", frame],
  ],
  frameRows: [
    [],
    [database, { ...frame, frame: 7 }],
    [database, { ...frame, signal: {} }],
    [database, { ...frame, onProgress: true }],
  ],
  frameReadiness: [
    [],
    [database],
    [database, { ...frame, cutoff: new Date(0) }],
    [database, { ...frame, status: "ready" }],
    [database, { ...frame, top: "5" }],
    [database, { ...frame, top: 0 }],
    [database, { ...frame, onProgress: true }],
    ["postgresql://u:secret@h/d", frame],
  ],
  fillCalendar: [
    [],
    [database],
    [database, { from: new Date(0), to: new Date(1) }],
    [database, { ...range, region: "GB" }],
    [database, { ...range, region: { country: 7 } }],
    [database, { ...range, force: "yes" }],
  ],
  exportQuery: [
    [],
    [database, "SELECT 1"],
    [database, "SELECT 1", { out: 7 }],
    [database, "SELECT 1", { out: "a.csv", format: "xml" }],
  ],
  listTables: [[], [database, { exact: "yes" }], [database, 7]],
  load: [
    [],
    [database],
    [database, {}],
    [database, { ...sales, table: undefined }],
    [database, { ...sales, files: "a.csv" }],
    [database, { ...sales, files: undefined }],
    [database, { ...sales, files: undefined, rows: "a,b" }],
    [database, { ...sales, files: undefined, rows: 7 }],
    [database, { ...sales, maxRejects: "5" }],
    [database, { ...sales, maxRejects: 5 }],
    [database, { ...sales, maxRejects: { rows: "5" } }],
    [database, { ...sales, maxRejects: { percent: 200 } }],
    [database, { ...sales, onDuplicate: "ignore" }],
    [database, { ...sales, mapping: 7 }],
    [database, { ...sales, dryRun: "no" }],
    [database, { ...sales, lockWait_s: "5" }],
    [database, { ...sales, lockWait_s: -1 }],
    [database, { ...sales, signal: {} }],
    [database, { ...sales, onProgress: true }],
    ["postgresql://u:secret@h/d", sales],
  ],
  loadRefusal: [[], [null]],
  loadRuns: [[], [database, { limit: "5" }], [database, { table: "sales" }], [database, 5]],
  parseMapping: [[], [7, "a.yaml"], ["table: store", 7]],
  query: [
    [],
    [database],
    [database, 7],
    [database, "SELECT 1", { parameters: [1] }],
    [database, "SELECT 1", { limit: -1 }],
    [database, "SELECT 1", { timeout_s: "5" }],
    ["postgresql://u:secret@h/d", "SELECT 1"],
  ],
  parseSpec: [[], [7, "a.yaml"]],
  preview: [
    [],
    [database],
    [database, { direction: "left", target: "1" }],
    [{}, { direction: "up", target: "1" }],
  ],
  publicHolidays: [
    [],
    [{ country: "GB" }],
    ["GB", "2024-01-01", "2024-01-02"],
    [{ country: "GB" }, new Date(0), "x"],
  ],
  readMapping: [[], [7]],
  readSeries: [[], ["a.parquet", 7], [7, "S1/A"]],
  readSettings: [[], [undefined, "."], [{}, 7]],
  readSpec: [[], [7]],
  removeDays: [[], [database], [database, { ...range, dryRun: 1 }], [database, { from: 1, to: 2 }]],
  renderPlot: [[], [{}]],
  renderPlotPage: [[], [7], [{}, { days: "90" }]],
  resolveSpec: [["a"], [undefined, "7"]],
  rollUp: [[], [database, { from: new Date(0) }], [database, { onNetNegative: "drop" }]],
  scoreForecasts: [
    [],
    [database],
    [database, {}],
    [database, { file: 7 }],
    [database, { file: "a.csv", spec: 7 }],
    [database, { file: "a.csv", freq: "quarter" }],
    [database, { file: "a.csv", knownAt: new Date(0) }],
    [database, { file: "a.csv", signal: {} }],
    ["postgresql://u:secret@h/d", { file: "a.csv" }],
  ],
  specHash: [[], ["spec"]],
  stamp: [[], [database], [database, { target: 1 }], [{}, { target: "head" }]],
  status: [[], [{}], [database, 7]],
  unload: [[], [database], [database, "17"], [database, 17, { dryRun: "yes" }], [database, 1.5]],
  unloadRefusal: [[], ["removed"]],
  upgrade: [[], [database, { target: 1 }], [database, { folder: 7 }], ["postgresql://u:secret@h/d"]],
  writePlotPage: [[], ["a.html"], [7, {}], ["a.html", {}, { days: "90" }]],
  withClient: [[], [database], ["postgresql://u:secret@h/d", async () => {}]],
  withDatabase: [[], [{}], [undefined, async () => {}]],
  withQuery: [[], [database, "SELECT 1", {}], [database, "SELECT 1", { limit: "5" }, async () => {}]],
  withTransaction: [[], [{}]],
};

test("every public function is called", () => {
  const functions = Object.entries(library).filter(
    ([, value]) => typeof value === "function" && !/^class\b/.test(String(value)),
  );
  expect(
    functions.map(([name]) => name).filter((name) => calls[name] === undefined && name !== "fail"),
  ).toEqual([]);
});

const each = Object.entries(calls).flatMap(([name, list]) =>
  list.map((args, index) => ({ name, index, args })),
);

test.each(each)("$name with wrong arguments ($index) is a sentence", async ({ name, args }) => {
  const failure = await (async () => api[name](...args))().then(
    () => "none",
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(library.ForecastLabError);
  expect(failure).toMatchObject({ exitCode: 2 });
  expect(String(failure)).not.toContain("secret");
  const { code, message } = failure as library.ForecastLabError;
  if (code === "ARGUMENT_INVALID") expect(message.startsWith(`${name} takes `)).toBe(true);
});
