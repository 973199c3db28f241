/** One day of a series. What the frame does not have is null on all days. */
export interface PlottedDay {
  /** `YYYY-MM-DD` */
  readonly ds: string;
  /** Null in the future, and on days without a target. */
  readonly y: number | null;
  readonly stockout: boolean | null;
  readonly promotion: boolean | null;
  readonly list_price: number | null;
  readonly holiday: boolean | null;
  readonly holiday_name: string | null;
}

/** What can be shown of a series next to `y`, if the frame has it. */
export type Strip = "stockout" | "promotion" | "list_price" | "holiday";

/** A series of a frame: its days in order, without gaps. */
export interface PlottedSeries {
  readonly unique_id: string;
  readonly training: readonly PlottedDay[];
  readonly future: readonly PlottedDay[];
  readonly strips: readonly Strip[];
}
