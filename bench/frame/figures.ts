import { atLeast, atMost, type CaseFigures, compare, type Target } from "../figures.ts";
import { usualRows } from "../shape.ts";
import type { FrameMeasurement } from "./bench.ts";

/** The figures behind the targets; null if a case they need was not run. Memory and disk are those of the worst round. */
export interface Figures {
  /** Training rows per second divided by the query's rows per second. */
  readonly frame_vs_specified_query: number | null;
  readonly frame_vs_rewritten_query: number | null;
  /** Our seconds divided by those of the same frame from DuckDB's own tables. */
  readonly frame_vs_duckdb_native: number | null;
  /** Training rows. */
  readonly rows_per_second: number | null;
  readonly peak_rss_mb: number | null;
  readonly temporary_disk_mb: number | null;
}

export function figuresOf(cases: readonly CaseFigures<FrameMeasurement>[]): Figures {
  const { speed, ratio, worst } = compare(cases);
  const rounded = (value: number | null, round = Math.ceil) => (value === null ? null : round(value));
  return {
    frame_vs_specified_query: ratio("frame", "specified_query"),
    frame_vs_rewritten_query: ratio("frame", "rewritten_query"),
    frame_vs_duckdb_native: ratio("duckdb_native", "frame"),
    rows_per_second: rounded(speed("frame"), Math.round),
    peak_rss_mb: rounded(worst(["frame"], ({ peak_rss_mb }) => peak_rss_mb)),
    temporary_disk_mb: rounded(worst(["frame"], ({ temporary_mb }) => temporary_mb)),
  };
}

/** Only those whose cases were run. The memory limit applies up to 5 M rows. */
export function targetsOf(figures: Figures, { rows }: { readonly rows: number }): Target[] {
  const { frame_vs_specified_query, frame_vs_duckdb_native, peak_rss_mb } = figures;
  return [
    ...atLeast("frame: rows/s relative to the specification's query", frame_vs_specified_query, 10),
    ...atMost(
      "frame: time relative to the same frame from DuckDB's own tables",
      frame_vs_duckdb_native,
      2,
      "x",
    ),
    ...(rows > usualRows ? [] : atMost("frame: peak memory of the command, MB", peak_rss_mb, 1500)),
  ];
}
