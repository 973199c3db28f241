/** How much of a piece of work in phases is done. */
export interface Progress<Phase extends string> {
  readonly phase: Phase;
  /** How many units of the phase are done: rows of a load, months of tables or series of a frame. */
  readonly done: number;
  /** How many there are, if that is known. */
  readonly of?: number | undefined;
}

/** Measures seconds by phase, and reports progress. */
export interface PhaseClock<Phase extends string> {
  /** Ends the current phase and starts another. */
  enter(phase: Phase): void;
  /** Reports how many units of the phase are done, at most ten times a second. */
  progress(done: number, of?: number): void;
  /** Ends the current phase. @returns seconds by phase, to the millisecond; 0 for a phase that never ran */
  stop(): Readonly<Record<Phase, number>>;
}

/**
 * A clock that starts in the first phase.
 *
 * @param onProgress called when a phase starts and when {@link PhaseClock.progress} reports
 */
export function phaseClock<Phase extends string>(
  phases: readonly [Phase, ...Phase[]],
  onProgress?: ((progress: Progress<Phase>) => void) | undefined,
): PhaseClock<Phase> {
  const milliseconds = new Map<Phase, number>(phases.map((phase) => [phase, 0]));
  let phase = phases[0];
  let since = performance.now();
  let reported = Number.NEGATIVE_INFINITY;
  const endPhase = () => {
    const now = performance.now();
    milliseconds.set(phase, (milliseconds.get(phase) ?? 0) + now - since);
    since = now;
  };
  onProgress?.({ phase, done: 0 });
  return {
    enter: (next) => {
      endPhase();
      phase = next;
      onProgress?.({ phase, done: 0 });
    },
    progress: (done, of) => {
      if (performance.now() - reported < reportEvery_ms) return;
      reported = performance.now();
      onProgress?.({ phase, done, of });
    },
    stop: () => {
      endPhase();
      const seconds = [...milliseconds].map(([name, value]) => [name, Math.round(value) / 1000]);
      return Object.fromEntries(seconds) as Record<Phase, number>;
    },
  };
}

const reportEvery_ms = 100;
