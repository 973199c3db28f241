import type { PlottedDay } from "./series.ts";

/** The rows of a training or a future frame in its files, of any format. */
export interface FrameRows {
  readonly columns: ReadonlySet<string>;
  /** The series with the largest sum of `y`, of equal ones the first by name; undefined without any rows. */
  bestSeller(): Promise<string | undefined>;
  /** The rows of a series by day. A row without a day is left out, and a number that is not finite is null. */
  daysOf(series: string): Promise<PlottedDay[]>;
  /** SQL of a query whose only column, `unique_id`, has each series once. */
  seriesSql(): Promise<string>;
}

/** The columns of a frame that a plot reads, under the names that it has for them. */
export const plottedColumns = {
  y: "y",
  stockout: "is_stockout",
  promotion: "on_promotion",
  list_price: "list_price",
  holiday: "is_holiday",
  holiday_name: "holiday_name",
} as const satisfies Record<Exclude<keyof PlottedDay, "ds">, string>;
