import {
  type ReadinessReport,
  type ReadinessStatus,
  type ReadinessSummary,
  readinessReasons,
  readinessStatuses,
  type SeriesReadiness,
} from "../../frame/index.ts";
import { countText, numberText } from "../../system/numbers.ts";
import { type Output, table } from "./output.ts";

/** Prints how many series have each status and reason, then the first series of each status with what they need. */
export function printReadiness(report: ReadinessReport, output: Output): void {
  const { readiness, series, horizon, freq, known_until } = report;
  const of = readinessStatuses.reduce((sum, status) => sum + readiness[status], 0);
  const after = horizon === 1 ? `the ${freq} after it` : `the ${horizon} ${freq}s after it`;
  output.line(output.colors.bold(`Readiness of ${numberText(of)} series up to ${known_until}, for ${after}`));
  for (const line of table(statusesOf(readiness, of), output.room - 2)) output.line(`  ${line}`);
  if (readiness.reasons.length > 0) output.line();
  for (const line of table(reasonsOf(readiness, of), output.room - 2)) output.line(`  ${line}`);
  for (const status of readinessStatuses) {
    const ofStatus = series.filter((one) => one.status === status);
    if (ofStatus.length === 0) continue;
    output.line();
    output.line(output.colors.bold(titleOf(status, ofStatus.length, readiness[status])));
    for (const one of ofStatus) {
      output.line(`  ${one.unique_id}`);
      for (const text of textsOf(one, report)) output.line(`    ${text}`);
    }
  }
}

const words: Readonly<Record<ReadinessStatus, string>> = {
  fit: "fit",
  fit_with_limits: "fit with limits",
  not_yet: "not yet",
};

const share = (series: number, of: number) =>
  `${((100 * series) / Math.max(1, of)).toFixed(1)} %`.padStart(7);

function statusesOf(readiness: ReadinessSummary, of: number): (string | number)[][] {
  const rows = readinessStatuses.map((status) => [
    words[status],
    readiness[status],
    share(readiness[status], of),
  ]);
  return [["", "series", ""], ...rows];
}

/** What a series with a reason is at best, and how many have it: a series may have several. */
function reasonsOf({ reasons }: ReadinessSummary, of: number): (string | number)[][] {
  if (reasons.length === 0) return [];
  const rows = readinessReasons.flatMap(({ code, status, what }) => {
    const found = reasons.find(({ reason }) => reason === code);
    return found === undefined
      ? []
      : [[code, found.series, share(found.series, of), `${words[status]}: ${what}`]];
  });
  return [["reason", "series", "", ""], ...rows];
}

const titleOf = (status: ReadinessStatus, shown: number, of: number) =>
  shown === of
    ? `${words[status]}: ${countText(of, "series", "series")}, best sellers first`
    : `${words[status]}: the ${countText(shown, "best seller")} of ${numberText(of)}`;

function textsOf(
  { reasons, periods, sales_periods, demand_class }: SeriesReadiness,
  { freq }: ReadinessReport,
): readonly string[] {
  if (reasons.length > 0) return reasons.map(({ text }) => text);
  return [
    `${countText(periods, freq)} of history, ${numberText(sales_periods)} with a sale, ${demand_class} demand`,
  ];
}
