import type { CaseFigures } from "../figures.ts";
import { grouped } from "../markdown.ts";
import { caseTable, medianOf, phaseTable, type Report, sectionText, targetTable } from "../report.ts";
import type { FrameMeasurement } from "./bench.ts";
import type { Figures } from "./figures.ts";
import type { Days } from "./months.ts";

type Measured = CaseFigures<FrameMeasurement>;

export interface FrameReport extends Report, Figures {
  readonly benchmark: "frame";
  /** The days that the specification's query was run on. */
  readonly specified: readonly Days[];
  readonly cases: readonly Measured[];
}

/** The section of docs/benchmarks.md. */
export function reportText(report: FrameReport): string {
  return sectionText("Frame", report, [
    explanation(report),
    targetTable(report.targets),
    caseTable(report.cases, [
      ["peak MB", each(({ peak_rss_mb }) => peak_rss_mb)],
      ["temporary files MB", each(({ temporary_mb }) => temporary_mb)],
    ]),
    phaseTable(report.cases),
    compared(report),
  ]);
}

/** What the cases do; only those that were run. */
function explanation({ cases, specified, shape }: FrameReport): string {
  const ran = (name: string) => cases.some((one) => one.name === name);
  const query = cases.find(({ name }) => name === "specified_query");
  const all = query !== undefined && query.rows === shape.rows;
  return [
    "The warehouse has sales and inventory of every series and day, traffic and weather of every store and day, and prices and " +
      "promotions of the chain and of stores. The frame is the default frame with all drivers, lags and windows. Its time covers " +
      "the whole command from start to exit. Rows are training rows; the rows of the horizon are not counted.",
    ran("specified_query") || ran("rewritten_query")
      ? "The queries compute no lags. They run in PostgreSQL with its default planner settings, and `COPY (…) TO STDOUT` sends their " +
        "rows to a client that discards them."
      : "",
    ran("specified_query") && !all
      ? `The specification's query takes so long that it is run only on whole months spread over the range (${specified.map(named).join(", ")}); ` +
        "its rows/s refer to them."
      : "",
    ran("duckdb_native")
      ? "DuckDB's own tables are a database file with the same rows in the order in which they were loaded. The frame from them is " +
        "computed by the same code and has the same bytes."
      : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** `2023-09`, or the first and last day if the range is not a whole month. */
function named({ from, to }: Days): string {
  return from.slice(0, 7) === to.slice(0, 7) && from.endsWith("-01") && Number(to.slice(8)) >= 28
    ? from.slice(0, 7)
    : `${from} to ${to}`;
}

/** Figures without a target. */
function compared({ frame_vs_rewritten_query }: FrameReport): string {
  return frame_vs_rewritten_query === null
    ? ""
    : `The frame has ${grouped(frame_vs_rewritten_query)} times the rows/s of the rewritten query.`;
}

/** The median of a value over the rounds. */
function each(of: (round: FrameMeasurement) => number | undefined): (one: Measured) => string {
  return ({ rounds }) => medianOf(rounds.flatMap((round) => of(round) ?? []));
}
