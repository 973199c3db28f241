import type { CaseFigures } from "../figures.ts";
import { grouped } from "../markdown.ts";
import { caseTable, medianOf, phaseTable, type Report, sectionText, targetTable } from "../report.ts";
import type { FrameMeasurement } from "./bench.ts";
import type { Figures } from "./figures.ts";
import type { Days } from "./months.ts";

type Measured = CaseFigures<FrameMeasurement>;

export interface FrameReport extends Report, Figures {
  readonly benchmark: "frame";
  /** What the specification's query was run on. */
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

/** What the cases do, as far as they were run. */
function explanation({ cases, specified, shape }: FrameReport): string {
  const ran = (name: string) => cases.some((one) => one.name === name);
  const query = cases.find(({ name }) => name === "specified_query");
  const all = query !== undefined && query.rows === shape.rows;
  return [
    "Sales and inventory of every series and day, traffic and weather of every store and day, prices and promotions of the chain " +
      "and of stores. The frame is the default one, with all drivers, lags and windows, made by the command from its start to " +
      "its end; rows are training rows, and those of the horizon come on top.",
    ran("specified_query") || ran("rewritten_query")
      ? "The queries give no lags. They run in PostgreSQL with its planner's settings as they are, and `COPY (…) TO STDOUT` brings " +
        "their rows to a client that throws them away."
      : "",
    ran("specified_query") && !all
      ? `The specification's takes so long that it is run on whole months spread over the range (${specified.map(named).join(", ")}), ` +
        "and its rows/s are theirs."
      : "",
    ran("duckdb_native")
      ? "DuckDB's own tables are a database file with the same rows in the order they were loaded in; the frame from them is made by " +
        "the same code, and has the same bytes."
      : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** `2023-09`, or from one day to another where that is no whole month. */
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
