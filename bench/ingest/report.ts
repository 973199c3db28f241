import type { CaseFigures } from "../figures.ts";
import { caseTable, listed, medianOf, phaseTable, type Report, sectionText, targetTable } from "../report.ts";
import type { Figures } from "./figures.ts";
import type { LoadMeasurement } from "./measurement.ts";

type Measured = CaseFigures<LoadMeasurement>;

export interface IngestReport extends Report, Figures {
  readonly benchmark: "ingest";
  readonly cases: readonly Measured[];
}

/** The section of docs/benchmarks.md. */
export function reportText(report: IngestReport): string {
  return sectionText("Ingest", report, [
    targetTable(report.targets),
    caseTable(report.cases, [
      ["row versions written", each(({ rows_written }) => rows_written)],
      ["WAL MB", each(({ wal_bytes }) => (wal_bytes === undefined ? undefined : wal_bytes / 1e6))],
      ["peak MB", each(({ peak_rss_mb }) => peak_rss_mb)],
    ]),
    phaseTable(report.cases, [["months", ({ rounds }) => listed(rounds[0]?.months ?? {}, " ")]]),
  ]);
}

/** The median of a value over the rounds. */
function each(of: (round: LoadMeasurement) => number | undefined): (one: Measured) => string {
  return ({ rounds }) => medianOf(rounds.flatMap((round) => of(round) ?? []));
}
