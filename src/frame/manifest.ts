import type { Column, ColumnClass, ColumnType, FrameKind } from "./columns.ts";
import type { FrameSpec } from "./specification/index.ts";

/** What a frame holds and what it came from. Nothing in it depends on when or where it was made. */
export interface Manifest {
  readonly manifest_version: 1;
  /** The version of this package. */
  readonly forecastlab: string;
  readonly cutoff: string;
  /** In days. */
  readonly horizon: number;
  /** Facts recorded later were not used; null: all were. */
  readonly known_at: string | null;
  /** With all defaults filled in. */
  readonly spec: FrameSpec;
  readonly spec_sha256: string;
  /** Of the ledger: the loads into the tables the frame reads. Facts that plain SQL wrote have none. */
  readonly loads: readonly number[];
  readonly counts: Counts;
  readonly files: readonly ManifestFile[];
  readonly columns: readonly ManifestColumn[];
  /** Drivers of the default frame that have no facts up to the cutoff. */
  readonly left_out: readonly { readonly driver: string; readonly reason: string }[];
  /** What the future would need and the warehouse does not have; null without the price driver. */
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
  /** Series whose last sale is too long ago, in the frame or not. */
  readonly ended_series: number;
  /** Stores and products with rows of sales, but none with a quantity above 0: not in the frame. */
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
  readonly type: ColumnType;
  readonly frames: readonly FrameKind[];
  readonly class: ColumnClass;
  readonly driver: string | null;
  /** Days between the row and the last fact it may use. */
  readonly lag: number | null;
  /** Steps of the horizon for which the future frame has it; null for masks and the target. */
  readonly known_steps: number | null;
  readonly description: string;
}

/** Days of the horizon without a planned price. */
export interface MissingPrices {
  readonly series: number;
  readonly days: number;
  /** The first 20 series; `days` of those from `from` to `to`. */
  readonly examples: readonly {
    readonly unique_id: string;
    readonly from: string;
    readonly to: string;
    readonly days: number;
  }[];
}

/** Rows, by table, that a knowledge time cannot bring back as they were. */
export interface NotReconstructed {
  /** Recorded in time and overwritten since: the frame has their new values. */
  readonly overwritten: Readonly<Record<string, number>>;
  /** Dimension rows added or changed since: the frame uses them as they are. */
  readonly dimensions_changed: Readonly<Record<string, number>>;
  readonly note: string;
}

/** The dictionary of the columns. */
export function dictionaryOf(columns: readonly Column[], horizon: number): ManifestColumn[] {
  return columns.map(({ name, type, frames, class: known, driver, lag, description }) => ({
    name,
    type,
    frames,
    class: known,
    driver,
    lag,
    known_steps: frames.includes("future") ? Math.min(lag ?? horizon, horizon) : null,
    description,
  }));
}
