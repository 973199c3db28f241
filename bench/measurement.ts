/** What one round of a case took. */
export interface Measurement {
  readonly rows: number;
  readonly seconds: number;
  /** Of our own command alone, by phase, as it says itself. */
  readonly phases?: Readonly<Record<string, number>>;
  /** Of our own command's process: 10^6 bytes. */
  readonly peak_rss_mb?: number;
}

/** Runs the work; wall-clock seconds. */
export async function timed(rows: number, work: () => Promise<unknown>): Promise<Measurement> {
  const start = performance.now();
  await work();
  return { rows, seconds: secondsSince(start) };
}

export const secondsSince = (start: number) => (performance.now() - start) / 1000;
