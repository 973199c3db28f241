export const phases = ["read", "check", "spool", "publish"] as const;
export type Phase = (typeof phases)[number];

/** Seconds by phase, from now on. */
export function stopwatch(onPhase: ((phase: Phase) => void) | undefined) {
  const seconds: Record<Phase, number> = { read: 0, check: 0, spool: 0, publish: 0 };
  let phase: Phase = "read";
  let since = performance.now();
  const lap = () => {
    seconds[phase] = Math.round(performance.now() - since) / 1000;
    since = performance.now();
  };
  onPhase?.(phase);
  return {
    enter: (next: Phase) => {
      lap();
      phase = next;
      onPhase?.(next);
    },
    stop: () => {
      lap();
      return seconds;
    },
  };
}
