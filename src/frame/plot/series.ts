/** One day of a series as the frame has it. What the frame does not hold is null on all days. */
export interface PlottedDay {
  /** `YYYY-MM-DD` */
  readonly ds: string;
  /** Null in the future, and where the frame leaves it open. */
  readonly y: number | null;
  readonly stockout: boolean | null;
  readonly promotion: boolean | null;
  readonly list_price: number | null;
  readonly holiday: boolean | null;
  readonly holiday_name: string | null;
}

/** What can be shown of a series beside `y`, where the frame holds it. */
export type Strip = "stockout" | "promotion" | "list_price" | "holiday";

/** A series of a frame, its days complete and in order: those to train on, then those to forecast. */
export interface PlottedSeries {
  readonly unique_id: string;
  readonly training: readonly PlottedDay[];
  readonly future: readonly PlottedDay[];
  readonly strips: readonly Strip[];
}
