/** One round of a case. */
export interface Measurement {
  readonly rows: number;
  readonly seconds: number;
  /** Seconds by phase, as our own command reports them. */
  readonly phases?: Readonly<Record<string, number>>;
  /** Of our own command's process, in 10^6 bytes. */
  readonly peak_rss_mb?: number;
}

/** Runs the work and measures its wall-clock time. */
export async function timed(rows: number, work: () => Promise<unknown>): Promise<Measurement> {
  const start = performance.now();
  await work();
  return { rows, seconds: secondsSince(start) };
}

export const secondsSince = (start: number) => (performance.now() - start) / 1000;
