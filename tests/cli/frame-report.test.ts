import { describe, expect, test, vi } from "vitest";
import { frameDefinitionOf } from "../../src/cli/frame-definition.ts";
import { printAudit } from "../../src/cli/render/audit-report.ts";
import { printFrame } from "../../src/cli/render/frame-report.ts";
import { createOutput } from "../../src/cli/render/output.ts";
import { type AuditReport, auditRefusal, type FrameResult, type Manifest } from "../../src/frame/index.ts";
import { resolveSpec } from "../../src/frame/specification/index.ts";
import { rememberingStreams } from "./support/streams.ts";

/* What a person is told of a frame, and of an audit. */

function printed(print: (output: ReturnType<typeof createOutput>) => void) {
  const { written, ...streams } = rememberingStreams();
  print(createOutput({ json: false, verbose: false }, { NO_COLOR: "1" }, streams));
  for (const line of written.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  return written;
}

const column = (name: string, kind: Manifest["columns"][number]["class"]): Manifest["columns"][number] => ({
  ...{ name, type: "DOUBLE", frames: ["training", "future"], class: kind, driver: null, lag: null },
  ...{
    known_steps: null,
    statistics: {},
    description: "",
    dtypes: { pandas: "float64", arrow: "double", polars: "Float64" },
  },
});
const manifest: Manifest = {
  manifest_version: 2,
  forecastlab: "0.1.0",
  cutoff: "2024-05-14",
  known_until: "2024-05-14",
  horizon: 28,
  known_at: null,
  spec: resolveSpec(undefined, 28),
  spec_sha256: "0".repeat(64),
  loads: [1],
  counts: {
    ...{
      series: 10_000,
      training_rows: 5_000_000,
      future_rows: 280_000,
      imputed: 1_234_567,
      stockout: 6_000,
    },
    ...{ closed: 0, ended_series: 0, series_without_sale: 0 },
  },
  files: [
    { path: "frame.parquet", frame: "training", rows: 5_000_000, bytes: 84_200_000, sha256: "" },
    { path: "frame.future.parquet", frame: "future", rows: 280_000, bytes: 999, sha256: "" },
  ],
  columns: [
    column("unique_id", "key"),
    column("ds", "key"),
    column("y", "target"),
    ...Array.from({ length: 14 }, (_, index) => column(`y_lag_${28 + index}`, "historic")),
  ],
  readiness: { fit: 0, fit_with_limits: 0, not_yet: 0, reasons: [] },
  left_out: [],
  offers: [],
  cadence: null,
  missing: { list_price: null },
  not_reconstructed: null,
};
const frame = (changes: Partial<Manifest> = {}, training = "frame.parquet") => {
  const result: FrameResult = {
    training,
    future: "frame.future.parquet",
    manifest_file: "frame.manifest.json",
    manifest: { ...manifest, ...changes },
    seconds: { extract: 4.26, compute: 5, publish: 0.5 },
  };
  return printed((output) => printFrame(result, output));
};

describe("the report of a frame", () => {
  test("says what was written, what was filled in, which columns there are, and how to read it", () => {
    expect(frame()).toEqual({
      stderr: "",
      stdout: `\
10,000 series up to 2024-05-14, and the 28 days after it
                             rows      size
  frame.parquet         5,000,000   84.2 MB
  frame.future.parquet    280,000     999 B
  frame.manifest.json

                 rows
  imputed   1,234,567   24.7 %  without a sales row: y is 0
  stockout      6,000    0.1 %  no stock at the end of the day: weight 0
  closed            0    0.0 %  the store sold nothing at all

  columns
  key          2  unique_id, ds
  target       1  y
  historic    14  y_lag_28, y_lag_29, y_lag_30, y_lag_31, y_lag_32 and 9 more

  extract 4.3 s, compute 5.0 s, publish 0.5 s
  in Python: pd.read_parquet("frame.parquet")
`,
    });
  });

  test("names on stderr what is missing, left out, or not as it was", () => {
    const spec = { ...manifest.spec, ended: { after_days: 56, policy: "trim" as const } };
    const gap = { unique_id: "S1/A", from: "2024-06-01", to: "2024-06-11", periods: 11 };
    const { stderr } = frame({
      spec,
      counts: { ...manifest.counts, ended_series: 3, series_without_sale: 1 },
      left_out: [
        { driver: "traffic", columns: null, reason: "traffic_daily has no facts up to the cutoff" },
        { driver: "weather", columns: null, reason: "weather_daily has no facts up to the cutoff" },
      ],
      missing: { list_price: { series: 1, periods: 11, examples: [gap] } },
      not_reconstructed: {
        ...{
          overwritten: { sales_daily: 1_200, promotion: 0 },
          dimensions_changed: { product: 7 },
          note: "",
        },
      },
    });
    expect(stderr).toBe(`\
note omitted, because there are no facts up to the cutoff: traffic, weather
note no list price is planned for 11 days of 1 series to forecast, such as S1/A from 2024-06-01 to 2024-06-11
note not in the frame: 1 store and product with rows but without a sale
note without a sale for more than 56 days: 3 series, which end with their last sale and have nothing to forecast
note overwritten since then, used with their new values: sales_daily: 1,200
note added or changed since then, used as they are now: product: 7
`);
  });

  const text = (name: string): Manifest["columns"][number] => ({
    ...column(name, "static"),
    type: "VARCHAR",
    dtypes: { pandas: "object", arrow: "string", polars: "String" },
  });
  const year: Manifest["columns"][number] = {
    ...column("year", "future"),
    type: "INTEGER",
    dtypes: { pandas: "int32", arrow: "int32", polars: "Int32" },
  };
  const missing = 'keep_default_na=False, na_values=[""]';
  const folders = "partitioning=ds.partitioning(pa.schema([";

  test.for([
    [200, "f.arrow", "f.arrow", 'pd.read_feather("f.arrow")'],
    [200, "f.csv", "f.csv", `pd.read_csv("f.csv", parse_dates=["ds"], dtype={"sku": str}, ${missing})`],
    [80, "f.csv", "f.csv", 'see "CSV" in docs/frames.md: 007 would become a number'],
    [
      ...[200, "out/train", "train/sku=1/year=2024/data_0.parquet"],
      `pd.read_parquet("out/train", ${folders}("sku", "string"), ("year", "int32")]), flavor="hive"))`,
    ],
    [
      ...[80, "out/train", "train/sku=1/year=2024/data_0.parquet"],
      'see "Hive folders" in docs/frames.md: 007 would become a number',
    ],
    [
      ...[200, "o/train", "train/sku=1/data_0.csv"],
      'see "Hive folders" in docs/frames.md: 007 would become a number',
    ],
    [200, "o/train", undefined, 'see "Hive folders" in docs/frames.md: 007 would become a number'],
  ] as [number, string, string | undefined, string][])(
    "in %i columns, of %s, says how to read it with its types",
    ([width, training, path, python]) => {
      const file = { frame: "training" as const, rows: 1, bytes: 1, sha256: "" };
      const files = path === undefined ? [] : [{ ...file, path }];
      const columns = [text("sku"), year, { ...text("horizon_name"), frames: ["future" as const] }];
      const { written, ...streams } = rememberingStreams();
      const output = createOutput({ json: false, verbose: false }, { COLUMNS: String(width) }, streams);
      const seconds = { extract: 0, compute: 0, publish: 0 };
      const frame = { ...manifest, files, columns };
      printFrame({ training, future: "f", manifest_file: "m", manifest: frame, seconds }, output);
      expect(written.stdout).toContain(`in Python: ${python}\n`);
    },
  );
});

const example = { unique_id: "S1/A", ds: "2024-05-01", before: "3", after: null };
const report = (differing: AuditReport["checks"][number]["differing"]): AuditReport => ({
  passed: differing.length === 0,
  cutoff: "2024-05-14",
  horizon: 28,
  freq: "day",
  checks: [
    {
      ...{ name: "facts after the cutoff", changed: "sales and inventory after the cutoff" },
      ...{ must_hold: "every row", perturbed: 900, rows: 12_345, cells: 1_234_500, differing: [] },
    },
    {
      ...{ name: "plans after the cutoff", changed: "prices that start after the cutoff" },
      ...{ must_hold: "every training row", perturbed: 40, rows: 10_000, cells: 1_000_000, differing },
    },
  ],
});

describe("the report of an audit", () => {
  test("has a line a check", () => {
    expect(printed((output) => printAudit(report([]), output))).toEqual({
      stderr: "",
      stdout: `\
Audit of the frame up to 2024-05-14 with a horizon of 28 days
  changed                 facts    rows  cells compared
  facts after the cutoff    900  12,345       1,234,500  same
  plans after the cutoff     40  10,000       1,000,000  same
`,
    });
  });

  test("names the columns that differ, with an example", () => {
    const leaking = report([{ frame: "training", column: "list_price", rows: 1_200, example }]);
    const { stdout, stderr } = printed((output) => printAudit(leaking, output));
    expect(stdout).toContain("plans after the cutoff     40  10,000       1,000,000  DIFFERS\n");
    expect(stderr).toBe(`
plans after the cutoff: if prices that start after the cutoff change, every training row must stay the same
  training list_price: 1,200 rows, such as S1/A on 2024-05-01, where 3 became null
`);
    const many = ["a", "(row)", "c", "d", "e", "f", "a"].map((name) => ({
      frame: "future" as const,
      column: name,
      rows: 1,
      example,
    }));
    expect(auditRefusal(report(many))).toMatchObject({
      code: "FRAME_LEAKS",
      message: expect.stringContaining(": a, rows themselves, c, d, e and 1 more changed"),
    });
  });
});

describe("which frame the flags ask for", () => {
  test("is a day and a number of days; the spec and the knowledge time are looked at later", async () => {
    expect(await frameDefinitionOf({ cutoff: "2024-02-29", horizon: "1000", spec: "s.yaml" })).toMatchObject({
      ...{ cutoff: "2024-02-29", horizon: 1000, spec: "s.yaml", knownAt: undefined },
    });
  });

  test.for([
    [{ horizon: "28" }, "USAGE", "Required option '--cutoff <date>' not specified."],
    [{ cutoff: "2024-02-29" }, "USAGE", "Required option '--horizon <N>' not specified."],
    [{ cutoff: "2023-02-29", horizon: "28" }, "DATE_INVALID", "--cutoff is not a date: 2023-02-29."],
    ...["0", "1001", "-1", "7.5", "a week", ""].map(
      (horizon) =>
        [
          { cutoff: "2024-02-29", horizon },
          "USAGE",
          `--horizon takes a number from 1 to 1000, not ${horizon}.`,
        ] as const,
    ),
  ] as const)("%j: %s", async ([options, code, message]) => {
    await expect(frameDefinitionOf(options)).rejects.toMatchObject({ code, message });
  });
});

describe("forecastlab frame audit", () => {
  /** The command with an audit that has this outcome. */
  async function audited(outcome: AuditReport, json: boolean) {
    vi.doMock("../../src/frame/index.ts", () => ({ auditFrame: async () => outcome, auditRefusal }));
    vi.doMock("../../src/database/open.ts", () => ({
      withDatabase: (_: unknown, work: () => unknown) => work(),
    }));
    const { auditFrame } = await import("../../src/cli/commands/frame-audit.ts");
    const { written, ...streams } = rememberingStreams();
    const output = createOutput({ json, verbose: false }, { NO_COLOR: "1" }, streams);
    const context = { settings: {}, output, environment: {}, signal: new AbortController().signal, streams };
    const status = await auditFrame(context as never, { cutoff: "2024-05-14", horizon: "28" });
    return { status, ...written };
  }
  const leaking = report([{ frame: "training", column: "list_price", rows: 1_200, example }]);

  test("exits with 0 where all is the same, and with 3 and the columns where it is not, after the report", async () => {
    expect(await audited(report([]), false)).toMatchObject({ status: 0, stderr: "" });
    const { status, stdout, stderr } = await audited(leaking, false);
    expect(status).toBe(3);
    expect(stdout).toContain("DIFFERS");
    expect(stderr).toContain(
      "error The frame uses data that was not known at the cutoff: list_price changed with later data. [FRAME_LEAKS]\n",
    );
  });

  test("with --json prints the report, and the error with it, in one object", async () => {
    const { status, stdout } = await audited(leaking, true);
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ ...leaking, error: { code: "FRAME_LEAKS" } });
  });
});
