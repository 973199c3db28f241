import type { Measurement } from "../measurement.ts";

/** What one round of a case took, and what it wrote. */
export interface LoadMeasurement extends Measurement {
  /** How many months the load published by which method. */
  readonly months?: Readonly<Record<string, number>>;
  /** Row versions inserted, updated and deleted in the table. */
  readonly rows_written?: number;
  readonly wal_bytes?: number;
}
