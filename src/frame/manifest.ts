import type { Cadence } from "./cadence.ts";
import type { Column, ColumnClass, ColumnType, FrameKind } from "./columns.ts";
import { type Dtypes, dtypes } from "./dtypes.ts";
import type { LeftOut } from "./hollow.ts";
import type { Offer } from "./offers.ts";
import type { ReadinessSummary } from "./readiness/summary.ts";
import type { FrameSpec } from "./specification/index.ts";
import type { ColumnStatistics } from "./statistics.ts";

/** What a frame contains and what it was built from. Nothing in it depends on when or where it was built. */
export interface Manifest {
  readonly manifest_version: 2;
  /** The version of this package. */
  readonly forecastlab: string;
  readonly cutoff: string;
  /** The last day of which facts were used: the last one of the last period that is complete on the cutoff. */
  readonly known_until: string;
  /** In periods: days, weeks or months, as `spec.freq` says. */
  readonly horizon: number;
  /** Facts recorded later were not used; null if all facts were used. */
  readonly known_at: string | null;
  /** With all defaults filled in. */
  readonly spec: FrameSpec;
  readonly spec_sha256: string;
  /** Ids in the ledger of the loads that wrote the tables of the frame. Facts written by plain SQL have none. */
  readonly loads: readonly number[];
  readonly counts: Counts;
  readonly readiness: ReadinessSummary;
  readonly files: readonly ManifestFile[];
  readonly columns: readonly ManifestColumn[];
  /** Drivers and columns that the default frame omits, because they would be empty. */
  readonly left_out: readonly LeftOut[];
  /** What the warehouse could add. */
  readonly offers: readonly Offer[];
  /** Sales that look like sums of weeks or months, in a frame of days; otherwise null. */
  readonly cadence: Cadence | null;
  /** What the future frame lacks; null without the price driver. */
  readonly missing: { readonly list_price: MissingPrices | null };
  /** Null without a knowledge time. */
  readonly not_reconstructed: NotReconstructed | null;
}

export interface Counts {
  readonly series: number;
  readonly training_rows: number;
  readonly future_rows: number;
  /** Training rows by mask. */
  readonly imputed: number;
  readonly stockout: number;
  readonly closed: number;
  /** Series that have ended, whether they are in the frame or not. */
  readonly ended_series: number;
  /** Stores and products that have sales rows, but none with a quantity above 0. They are not in the frame. */
  readonly series_without_sale: number;
}

export interface ManifestFile {
  /** Relative to the manifest. */
  readonly path: string;
  readonly frame: FrameKind;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ManifestColumn {
  readonly name: string;
  /** In DuckDB. */
  readonly type: ColumnType;
  readonly dtypes: Dtypes;
  readonly frames: readonly FrameKind[];
  readonly class: ColumnClass;
  readonly driver: string | null;
  /** Periods between the row and the last fact it may use. */
  readonly lag: number | null;
  /** Up to which step of the horizon the future frame has it; null for masks and the target. */
  readonly known_steps: number | null;
  /** Of each frame that has the column. */
  readonly statistics: Readonly<Partial<Record<FrameKind, ColumnStatistics>>>;
  readonly description: string;
}

/** Periods of the horizon without a planned price on any of their days. */
export interface MissingPrices {
  readonly series: number;
  readonly periods: number;
  /** The first 20 series: `periods` is how many periods from `from` to `to` have no price. */
  readonly examples: readonly {
    readonly unique_id: string;
    readonly from: string;
    readonly to: string;
    readonly periods: number;
  }[];
}

/** Rows that cannot be used as they were at the knowledge time, counted by table. */
export interface NotReconstructed {
  /** Recorded by then and overwritten since: the frame has their new values. */
  readonly overwritten: Readonly<Record<string, number>>;
  /** Rows of dimensions that were added or changed since: the frame uses them as they are now. */
  readonly dimensions_changed: Readonly<Record<string, number>>;
  readonly note: string;
}

/** The columns as the manifest describes them. */
export function dictionaryOf(
  columns: readonly Column[],
  horizon: number,
  statistics: Readonly<Record<FrameKind, ReadonlyMap<string, ColumnStatistics>>>,
): ManifestColumn[] {
  return columns.map(({ name, type, frames, class: known, driver, lag, description }) => ({
    name,
    type,
    dtypes: dtypes[type],
    frames,
    class: known,
    driver,
    lag,
    known_steps: frames.includes("future") ? Math.min(lag ?? horizon, horizon) : null,
    statistics: Object.fromEntries(frames.map((frame) => [frame, statistics[frame].get(name)])),
    description,
  }));
}
