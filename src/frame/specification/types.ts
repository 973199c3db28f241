/** What a frame may hold beside the target, in the order of its columns. */
export const driverNames = [
  "store",
  "product",
  "calendar",
  "price",
  "promotion",
  "inventory",
  "traffic",
  "weather",
] as const;
export type DriverName = (typeof driverNames)[number];

/** What a window makes of its days, in the order of their columns. */
export const statNames = ["mean", "sum", "min", "max", "std", "zero_rate"] as const;
export type Stat = (typeof statNames)[number];

/** The `days` days of which the last is `lag` days before; known when `min_days` of them have a value. */
export interface Window {
  readonly days: number;
  readonly stats: readonly Stat[];
  readonly lag: number;
  readonly min_days: number;
}

/** The `weeks` days of the same weekday of which the last is `lag` days before, a multiple of 7. */
export interface WeekdayWindow {
  readonly weeks: number;
  readonly stats: readonly Stat[];
  readonly lag: number;
  readonly min_weeks: number;
}

/** Lags, in days, and windows of a driver that is known when it has happened. */
export interface Historic {
  readonly lags: readonly number[];
  readonly windows: readonly Window[];
}

export const storeAttributes = ["code", "region", "city", "store_type"] as const;
export const productAttributes = ["sku", "category", "brand"] as const;

/**
 * What a frame of one horizon holds: all defaults filled in. Plain data in one order of keys; lists are sorted and
 * without repetition, and options of drivers that are not in the frame are empty, so that equal frames have equal specs.
 */
export interface FrameSpec {
  readonly version: 1;
  readonly series: {
    readonly store: Readonly<Partial<Record<(typeof storeAttributes)[number], readonly string[]>>>;
    readonly product: Readonly<Partial<Record<(typeof productAttributes)[number], readonly string[]>>>;
    readonly separator: string;
  };
  readonly target: "quantity" | "total_amount";
  readonly fill: "zero" | "null";
  readonly closed_days: "zero" | "mask" | "drop";
  readonly ended: { readonly after_days: number | null; readonly policy: "keep" | "trim" | "drop" };
  readonly mode: "direct" | "recursive";
  readonly lags: readonly number[];
  readonly windows: readonly Window[];
  readonly weekday_windows: readonly WeekdayWindow[];
  readonly drivers: readonly DriverName[];
  /** Whether the spec names its drivers; where it does not, those without facts are left out of the frame. */
  readonly drivers_named: boolean;
  readonly historic_min_lag: "horizon" | 1;
  readonly inventory: Historic;
  readonly traffic: Historic;
  readonly weather: Historic;
  readonly price_gaps: "null" | "forward_fill";
  /** Days of the month in ascending order; `last` stands for the 31st too. */
  readonly paydays: readonly (number | "last")[];
  readonly exclude: readonly string[];
}
