import { atLeast, atMost, type CaseFigures, compare, divided, type Target } from "../figures.ts";
import type { LoadMeasurement } from "./measurement.ts";

/** The figures behind the targets; null if a case they need was not run. Counts, WAL and memory are those of the worst round. */
export interface Figures {
  readonly first_load_vs_copy: number | null;
  readonly first_load_unsorted_vs_copy: number | null;
  readonly first_load_vs_bare_copy: number | null;
  readonly replay_vs_first_load: number | null;
  readonly replay_again_vs_first_load: number | null;
  readonly replay_rows_written: number | null;
  readonly replay_wal_bytes: number | null;
  readonly delta_vs_on_conflict: number | null;
  readonly delta_rows_written: number | null;
  readonly delta_rows_changed: number | null;
  readonly peak_rss_mb: number | null;
  readonly seconds_per_million_rows: number | null;
  readonly growth_vs_5m: number | null;
}

export function figuresOf(cases: readonly CaseFigures<LoadMeasurement>[], changedRows: number): Figures {
  const { speed, ratio, worst } = compare(cases);
  const replays = ["replay", "replay_again"];
  const peak = worst(
    cases.map(({ name }) => name),
    (round) => round.peak_rss_mb,
  );
  return {
    first_load_vs_copy: ratio("first_load", "copy"),
    first_load_unsorted_vs_copy: ratio("first_load_unsorted", "copy"),
    first_load_vs_bare_copy: ratio("bare_copy", "first_load"),
    replay_vs_first_load: ratio("replay", "first_load"),
    replay_again_vs_first_load: ratio("replay_again", "first_load"),
    replay_rows_written: worst(replays, (round) => round.rows_written),
    replay_wal_bytes: worst(replays, (round) => round.wal_bytes),
    delta_vs_on_conflict: ratio("delta", "on_conflict"),
    delta_rows_written: worst(["delta"], (round) => round.rows_written),
    delta_rows_changed: speed("delta") === null ? null : changedRows,
    peak_rss_mb: peak === null ? null : Math.ceil(peak),
    seconds_per_million_rows: divided(1e6, speed("first_load")),
    growth_vs_5m: ratio("first_load_5m", "first_load"),
  };
}

/** Only those whose cases were run. */
export function targetsOf(figures: Figures): Target[] {
  const f = figures;
  return [
    ...atLeast("first load: rows/s relative to `COPY` into `sales_daily`", f.first_load_vs_copy, 8),
    ...atLeast(
      "first load, unsorted file: rows/s relative to `COPY` into `sales_daily`",
      f.first_load_unsorted_vs_copy,
      8,
    ),
    ...atMost("first load: time relative to bare `COPY`", f.first_load_vs_bare_copy, 4, "x"),
    ...atLeast("replay, recognized: speedup over the first load", f.replay_vs_first_load, 3),
    ...atLeast("replay, compared: speedup over the first load", f.replay_again_vs_first_load, 3),
    ...atMost("replay: row versions written", f.replay_rows_written, 0),
    ...atMost("replay: bytes of WAL", f.replay_wal_bytes, 1_000_000),
    ...atLeast("1% changed: speedup over `ON CONFLICT` for the whole file", f.delta_vs_on_conflict, 5),
    ...atMost("1% changed: row versions written", f.delta_rows_written, f.delta_rows_changed ?? 0),
    ...atMost("peak memory of the loader, MB", f.peak_rss_mb, 1000),
    ...atMost("first load: seconds per million rows relative to 5,000,000 rows", f.growth_vs_5m, 1.15, "x"),
  ];
}
