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
  /** Seconds of ten cutoffs in one pass divided by those of one frame. */
  readonly ten_folds_vs_frame: number | null;
  readonly backtest_seconds: number | null;
  /** Our rows/s divided by those of other libraries, which make fewer columns from a file. */
  readonly frame_vs_mlforecast: number | null;
  readonly frame_vs_polars: number | null;
  readonly frame_vs_pandas: number | null;
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
    ten_folds_vs_frame: ratio("frame", "ten_folds"),
    backtest_seconds: secondsOf(cases, "backtest"),
    frame_vs_mlforecast: ratio("frame", "peer_mlforecast"),
    frame_vs_polars: ratio("frame", "peer_polars"),
    frame_vs_pandas: ratio("frame", "peer_pandas"),
    rows_per_second: rounded(speed("frame"), Math.round),
    peak_rss_mb: rounded(worst(["frame"], ({ peak_rss_mb }) => peak_rss_mb)),
    temporary_disk_mb: rounded(worst(["frame"], ({ temporary_mb }) => temporary_mb)),
  };
}

const secondsOf = (cases: readonly CaseFigures<FrameMeasurement>[], name: string) =>
  cases.find((one) => one.name === name)?.seconds.median ?? null;

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
    ...atMost("frames of ten cutoffs: time relative to one frame", figures.ten_folds_vs_frame, 3, "x"),
    ...(rows > usualRows * 3 ? [] : atMost("backtest of all models: seconds", figures.backtest_seconds, 60)),
    ...(rows > usualRows ? [] : atMost("frame: peak memory of the command, MB", peak_rss_mb, 1500)),
  ];
}
