import type { Measurement } from "./measurement.ts";
import { rounded, type Spread, spreadOf } from "./statistics.ts";

/** A case over all rounds. */
export interface CaseFigures<M extends Measurement = Measurement> {
  readonly name: string;
  readonly title: string;
  readonly rows: number;
  readonly seconds: Spread;
  /** At the median. */
  readonly rows_per_second: number;
  readonly rounds: readonly M[];
}

export function caseFigures<M extends Measurement>(
  { name, title }: { readonly name: string; readonly title: string },
  rounds: readonly M[],
): CaseFigures<M> {
  const rows = rounds[0]?.rows ?? 0;
  const seconds = spreadOf(rounds.map((round) => round.seconds));
  return { name, title, rows, seconds, rows_per_second: Math.round(rows / seconds.median), rounds };
}

/** Figures over the cases that were run; null where one that is needed was not. */
export interface Compared<M extends Measurement> {
  /** Rows/s at the median. */
  speed(name: string): number | null;
  /** How many times as fast the one is as the other: rows/s over rows/s. */
  ratio(one: string, other: string): number | null;
  /** The largest value in any round of these cases. */
  worst(names: readonly string[], of: (round: M) => number | undefined): number | null;
}

export function compare<M extends Measurement>(cases: readonly CaseFigures<M>[]): Compared<M> {
  const find = (name: string) => cases.find((one) => one.name === name);
  const speed = (name: string) => {
    const one = find(name);
    return one === undefined ? null : one.rows / one.seconds.median;
  };
  return {
    speed,
    ratio: (one, other) => divided(speed(one), speed(other)),
    worst: (names, of) => {
      const values = names.flatMap((name) => find(name)?.rounds ?? []).flatMap((round) => of(round) ?? []);
      return values.length === 0 ? null : Math.max(...values);
    },
  };
}

export function divided(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : rounded(one / other);
}

export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly met: boolean;
}

/** No target where the figure is null. */
export function atLeast(what: string, value: number | null, times: number): Target[] {
  return target(what, value, `at least ${times}x`, (found) => found >= times);
}

export function atMost(what: string, value: number | null, limit: number, unit = ""): Target[] {
  return target(what, value, `at most ${limit.toLocaleString("en-US")}${unit}`, (found) => found <= limit);
}

function target(what: string, value: number | null, wanted: string, met: (value: number) => boolean) {
  if (value === null) return [];
  return [{ what, wanted, measured: value.toLocaleString("en-US"), met: met(value) }];
}
