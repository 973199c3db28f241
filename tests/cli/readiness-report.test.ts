import { describe, expect, test } from "vitest";
import { createOutput } from "../../src/cli/render/output.ts";
import { printReadiness } from "../../src/cli/render/readiness-report.ts";
import type { ReadinessReport, SeriesReadiness } from "../../src/frame/index.ts";
import { displayWidth } from "../../src/system/display-width.ts";
import { rememberingStreams } from "./support/streams.ts";

/* What a person reads of the readiness of series. */

const series = (unique_id: string, given: Partial<SeriesReadiness> = {}): SeriesReadiness => ({
  ...{ unique_id, status: "fit", reasons: [], periods: 1200, sales_periods: 800, observed_periods: 1190 },
  ...{ imputed_share: 0, censored_share: 0, demand_class: "erratic", adi: 1.2, cv2: 0.7 },
  ...{ last_sale: "2024-05-14", priced_share: null },
  ...given,
});
const report: ReadinessReport = {
  ...{ cutoff: "2024-05-14", known_until: "2024-05-14", horizon: 28, freq: "day" },
  readiness: {
    ...{ fit: 1_234, fit_with_limits: 1, not_yet: 5 },
    reasons: [
      { reason: "short_history", series: 5 },
      { reason: "gaps", series: 2 },
    ],
  },
  series: [
    series("S1/A"),
    series("S1/B", {
      status: "fit_with_limits",
      reasons: [
        {
          code: "gaps",
          text: "62 % of the days have no sales row, at most 50 %: load those that are missing, or rows of 0 if nothing was sold",
          ...{ value: 0.62, needed: 0.5 },
        },
      ],
    }),
    series("Zürich \u001b[31m/C", {
      status: "not_yet",
      reasons: [
        { code: "short_history", text: "12 days of history, 56 needed: 44 more", value: 12, needed: 56 },
        { code: "gaps", text: "62 % of the days have no sales row, at most 50 %", value: 0.62, needed: 0.5 },
      ],
    }),
  ],
};

const printed = (terminal = {}, given = report) => {
  const { written, ...streams } = rememberingStreams(terminal);
  printReadiness(given, createOutput({ json: false, verbose: false }, { NO_COLOR: "1" }, streams));
  return written;
};

describe("the report of readiness", () => {
  test("counts series by status and reason, then shows the best sellers of each with what they need", () => {
    expect(printed()).toEqual({
      stderr: "",
      stdout: `\
Readiness of 1,240 series up to 2024-05-14, for the 28 days after it
                   series
  fit               1,234   99.5 %
  fit with limits       1    0.1 %
  not yet               5    0.4 %

  reason         series
  short_history       5    0.4 %  not yet: too little history for the horizon
  gaps                2    0.2 %  fit with limits: most periods have no sales row

fit: the 1 best seller of 1,234
  S1/A
    1,200 days of history, 800 with a sale, erratic demand

fit with limits: 1 series, best sellers first
  S1/B
    62 % of the days have no sales row, at most 50 %: load those that are missing, or rows of 0 if nothing was sold

not yet: the 1 best seller of 5
  Zürich ␛[31m/C
    12 days of history, 56 needed: 44 more
    62 % of the days have no sales row, at most 50 %
`,
    });
  });

  test.for([60, 80, 120, 200])("fits on a terminal of %i columns", (columns) => {
    for (const line of printed({ isTTY: true, columns }).stdout.split("\n")) {
      expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
    }
  });

  test("of a single period to forecast, and of no series", () => {
    const none = { fit: 0, fit_with_limits: 0, not_yet: 0, reasons: [] };
    const { stdout } = printed({}, { ...report, horizon: 1, freq: "week", readiness: none, series: [] });
    expect(stdout).toBe(`\
Readiness of 0 series up to 2024-05-14, for the week after it
                   series
  fit                   0    0.0 %
  fit with limits       0    0.0 %
  not yet               0    0.0 %
`);
  });
});
