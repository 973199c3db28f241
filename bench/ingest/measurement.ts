import type { Measurement } from "../measurement.ts";

/** One round of a case, with what it wrote. */
export interface LoadMeasurement extends Measurement {
  /** The number of months that the load published, by method. */
  readonly months?: Readonly<Record<string, number>>;
  /** Row versions inserted, updated and deleted in the table. */
  readonly rows_written?: number;
  readonly wal_bytes?: number;
}
