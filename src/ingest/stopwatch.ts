export const phases = ["read", "check", "compare", "build", "publish"] as const;
export type Phase = (typeof phases)[number];

/** How far a load has come. */
export interface Progress {
  readonly phase: Phase;
  /** Rows this phase is through with. */
  readonly rows: number;
  /** Of how many, where that is known. */
  readonly of?: number | undefined;
}

export type Stopwatch = ReturnType<typeof stopwatch>;

/** Seconds by phase, from now on; progress is passed on at most every tenth of a second. */
export function stopwatch(onProgress: ((progress: Progress) => void) | undefined) {
  const seconds: Record<Phase, number> = { read: 0, check: 0, compare: 0, build: 0, publish: 0 };
  let phase: Phase = "read";
  let since = performance.now();
  let told = 0;
  const lap = () => {
    seconds[phase] = Math.round(seconds[phase] * 1000 + performance.now() - since) / 1000;
    since = performance.now();
  };
  onProgress?.({ phase, rows: 0 });
  return {
    enter: (next: Phase) => {
      lap();
      phase = next;
      onProgress?.({ phase, rows: 0 });
    },
    /** Tells of rows this phase is through with. */
    progress: (rows: number, of?: number) => {
      if (performance.now() - told < 100) return;
      told = performance.now();
      onProgress?.({ phase, rows, of });
    },
    stop: () => {
      lap();
      return seconds;
    },
  };
}
