import type { Measurement } from "./measurement.ts";
import { rounded, type Spread, spreadOf } from "./statistics.ts";

/** A case over all rounds. */
export interface CaseFigures<M extends Measurement = Measurement> {
  readonly name: string;
  readonly title: string;
  readonly rows: number;
  readonly seconds: Spread;
  /** At the median time. */
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

/** Figures over the cases that were run; null if a case they need was not run. */
export interface Compared<M extends Measurement> {
  /** Rows/s at the median time. */
  speed(name: string): number | null;
  /** Rows/s of one case divided by rows/s of the other. */
  ratio(one: string, other: string): number | null;
  /** The largest value over all rounds of these cases. */
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
  readonly metric: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

/** Empty if the figure is null. */
export function atLeast(metric: string, value: number | null, times: number): Target[] {
  return targetOf(metric, value, `at least ${times}x`, (measured) => measured >= times);
}

export function atMost(metric: string, value: number | null, limit: number, unit = ""): Target[] {
  const target = `at most ${limit.toLocaleString("en-US")}${unit}`;
  return targetOf(metric, value, target, (measured) => measured <= limit);
}

function targetOf(metric: string, value: number | null, target: string, met: (measured: number) => boolean) {
  if (value === null) return [];
  return [{ metric, target, measured: value.toLocaleString("en-US"), met: met(value) }];
}
