import { rounded, type Spread, spreadOf } from "../statistics.ts";
import type { Measurement } from "./measurement.ts";

/** A case over all rounds. */
export interface CaseFigures {
  readonly name: string;
  readonly title: string;
  readonly rows: number;
  readonly seconds: Spread;
  /** At the median. */
  readonly rows_per_second: number;
  readonly rounds: readonly Measurement[];
}

/** What the targets are about; null where a case it needs was not run. Counts, WAL and memory are those of the worst round. */
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

export function caseFigures(
  { name, title }: { name: string; title: string },
  rounds: readonly Measurement[],
): CaseFigures {
  const rows = rounds[0]?.rows ?? 0;
  const seconds = spreadOf(rounds.map((round) => round.seconds));
  return { name, title, rows, seconds, rows_per_second: Math.round(rows / seconds.median), rounds };
}

export function figuresOf(cases: readonly CaseFigures[], changedRows: number): Figures {
  const find = (name: string) => cases.find((one) => one.name === name);
  const speed = (name: string) => {
    const one = find(name);
    return one === undefined ? null : one.rows / one.seconds.median;
  };
  /** How many times as fast the one is as the other: rows/s over rows/s. */
  const ratio = (one: string, other: string) => divided(speed(one), speed(other));
  const worst = (names: readonly string[], of: (round: Measurement) => number | undefined) => {
    const values = names.flatMap((name) => find(name)?.rounds ?? []).flatMap((round) => of(round) ?? []);
    return values.length === 0 ? null : Math.max(...values);
  };
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
    delta_rows_changed: find("delta") === undefined ? null : changedRows,
    peak_rss_mb: peak === null ? null : Math.ceil(peak),
    seconds_per_million_rows: divided(1e6, speed("first_load")),
    growth_vs_5m: ratio("first_load_5m", "first_load"),
  };
}

function divided(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : rounded(one / other);
}

export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly met: boolean;
}

/** Only those whose cases were run. */
export function targetsOf(figures: Figures): Target[] {
  const target = (what: string, value: number | null, wanted: string, met: (value: number) => boolean) =>
    value === null ? [] : [{ what, wanted, measured: value.toLocaleString("en-US"), met: met(value) }];
  const least = (what: string, value: number | null, times: number) =>
    target(what, value, `at least ${times}x`, (found) => found >= times);
  const most = (what: string, value: number | null, limit: number, unit: string) =>
    target(what, value, `at most ${limit.toLocaleString("en-US")}${unit}`, (found) => found <= limit);
  const f = figures;
  return [
    ...least("rows/s of the first load, to those of `COPY` into `sales_daily`", f.first_load_vs_copy, 8),
    ...least("the same of the file in no order", f.first_load_unsorted_vs_copy, 8),
    ...most("time of the first load, to that of the bare `COPY`", f.first_load_vs_bare_copy, 4, "x"),
    ...least("replay, recognised: faster than the first load", f.replay_vs_first_load, 3),
    ...least("replay, compared: faster than the first load", f.replay_again_vs_first_load, 3),
    ...most("replay: row versions written", f.replay_rows_written, 0, ""),
    ...most("replay: bytes of WAL", f.replay_wal_bytes, 1_000_000, ""),
    ...least("1% changed: faster than `ON CONFLICT` of the whole file", f.delta_vs_on_conflict, 5),
    ...most("1% changed: row versions written", f.delta_rows_written, f.delta_rows_changed ?? 0, ""),
    ...most("the loader's peak memory, MB", f.peak_rss_mb, 1000, ""),
    ...most("seconds per million rows, to those at 5,000,000 rows", f.growth_vs_5m, 1.15, "x"),
  ];
}
