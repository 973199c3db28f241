import type { Measurement } from "./measurement.ts";

/** What a case took in each round. */
export type Rounds<M extends Measurement> = ReadonlyMap<string, readonly M[]>;

export interface Course<C, M> {
  readonly cases: readonly C[];
  readonly count: number;
  readonly signal: AbortSignal;
  say(text: string): void;
  measure(one: C): Promise<M>;
  readonly afterRound?: () => Promise<void>;
}

/** All cases once, and again: what drifts on the machine meanwhile meets every one of them. One at a time. */
export async function runRounds<C extends { name: string; once?: boolean }, M extends Measurement>({
  cases,
  count,
  signal,
  say,
  measure,
  afterRound,
}: Course<C, M>): Promise<Rounds<M>> {
  const rounds = new Map<string, M[]>(cases.map(({ name }) => [name, []]));
  for (let round = 1; round <= count; round++) {
    for (const one of cases) {
      if (one.once && round > 1) continue;
      signal.throwIfAborted();
      const measurement = await measure(one);
      rounds.get(one.name)?.push(measurement);
      say(`round ${round} of ${count}: ${one.name} ${measurement.seconds.toFixed(2)} s`);
    }
    await afterRound?.();
  }
  return rounds;
}
