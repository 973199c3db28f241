import type { Measurement } from "./measurement.ts";

/** The rounds of each case, by its name. */
export type Rounds<M extends Measurement> = ReadonlyMap<string, readonly M[]>;

export interface RoundsOptions<C, M> {
  readonly cases: readonly C[];
  readonly count: number;
  readonly signal: AbortSignal;
  log(text: string): void;
  measure(one: C): Promise<M>;
  readonly afterRound?: () => Promise<void>;
}

/** Runs every case once per round, one at a time, so that drift of the machine affects all cases alike. */
export async function runRounds<C extends { name: string; once?: boolean }, M extends Measurement>({
  cases,
  count,
  signal,
  log,
  measure,
  afterRound,
}: RoundsOptions<C, M>): Promise<Rounds<M>> {
  const rounds = new Map<string, M[]>(cases.map(({ name }) => [name, []]));
  for (let round = 1; round <= count; round++) {
    for (const one of cases) {
      if (one.once && round > 1) continue;
      signal.throwIfAborted();
      const measurement = await measure(one);
      rounds.get(one.name)?.push(measurement);
      log(`round ${round} of ${count}: ${one.name} ${measurement.seconds.toFixed(2)} s`);
    }
    await afterRound?.();
  }
  return rounds;
}
