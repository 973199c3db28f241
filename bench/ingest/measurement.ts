/** What one round of a case took. */
export interface Measurement {
  readonly rows: number;
  readonly seconds: number;
  /** Of the load alone, by phase, as it says itself. */
  readonly phases?: Readonly<Record<string, number>>;
  /** How many months the load published by which method. */
  readonly months?: Readonly<Record<string, number>>;
  /** Row versions inserted, updated and deleted in the table. */
  readonly rows_written?: number;
  readonly wal_bytes?: number;
  /** Of the loading process: 10^6 bytes. */
  readonly peak_rss_mb?: number;
}

/** Runs the work; wall-clock seconds. */
export async function timed(rows: number, work: () => Promise<unknown>): Promise<Measurement> {
  const start = performance.now();
  await work();
  return { rows, seconds: (performance.now() - start) / 1000 };
}
