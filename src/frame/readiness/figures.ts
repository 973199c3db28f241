import type { DemandClass } from "./demand-class.ts";

/** The figures of a series that its reasons are made of. */
export interface Figures {
  readonly unique_id: string;
  /** Training rows. */
  readonly periods: number;
  /** Those with y above 0. */
  readonly sales_periods: number;
  /** Those with a weight above 0. */
  readonly observed_periods: number;
  readonly imputed_share: number;
  readonly censored_share: number;
  readonly demand_class: DemandClass;
  readonly adi: number | null;
  readonly cv2: number | null;
  /** The day of the last sale. */
  readonly last_sale: string;
  /** Null if the frame has no prices, or the series nothing to forecast. */
  readonly priced_share: number | null;
  /** Since the last sale: periods, or days if the spec says after how many a series has ended. */
  readonly quiet: number;
  readonly quiet_limit: number;
}
