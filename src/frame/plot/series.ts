/** One day of a series, or one week or month by its first day. What the frame does not have is null on all of them. */
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

/** How far two neighboring rows of a series are apart. */
export type PlotStep = "day" | "week" | "month";

/** A series of a frame: its days, weeks or months in order, without gaps. */
export interface PlottedSeries {
  readonly unique_id: string;
  /** What `y` counts, from the manifest; null if there is none. */
  readonly target: "quantity" | "total_amount" | null;
  readonly step: PlotStep;
  readonly training: readonly PlottedDay[];
  readonly future: readonly PlottedDay[];
  readonly strips: readonly Strip[];
}
