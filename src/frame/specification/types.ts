import type { Freq, Weekday } from "../grain.ts";

/** The drivers that a spec can name, in the order of their columns. */
export const driverNames = [
  "store",
  "product",
  "calendar",
  "price",
  "promotion",
  "inventory",
  "traffic",
  "weather",
  "observed_price",
] as const;
export type DriverName = (typeof driverNames)[number];

/** Drivers that the default frame does not have. */
export const optionalDrivers: readonly DriverName[] = ["observed_price"];

/** The statistics of windows, in the order of their columns. */
export const statNames = ["mean", "sum", "min", "max", "std", "zero_rate"] as const;
export type Stat = (typeof statNames)[number];

/** The last of its `periods` is `lag` periods before the row. It is known if at least `min_periods` of them have a value. */
export interface Window {
  readonly periods: number;
  readonly stats: readonly Stat[];
  readonly lag: number;
  readonly min_periods: number;
}

/** The last of its `weeks` days of the same weekday is `lag` days before the row, a multiple of 7. */
export interface WeekdayWindow {
  readonly weeks: number;
  readonly stats: readonly Stat[];
  readonly lag: number;
  readonly min_weeks: number;
}

/** The lags, in periods, and the windows of a historic driver. */
export interface Historic {
  readonly lags: readonly number[];
  readonly windows: readonly Window[];
}

export const storeAttributes = ["code", "region", "city", "store_type"] as const;
export const productAttributes = ["sku", "category", "brand"] as const;

/**
 * What a frame of one horizon contains, with all defaults filled in. It is plain data with its keys in one order. Lists are sorted
 * and have no repetition, and options of drivers that are not in the frame are empty, so that equal frames have equal specs.
 */
export interface FrameSpec {
  readonly version: 1;
  /** The period of a row. Lags, windows and the horizon count periods. */
  readonly freq: Freq;
  /** The first day of a week; null unless `freq` is `week`. */
  readonly week_start: Weekday | null;
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
  /** Whether the spec names its drivers. If it does not, the frame omits drivers without facts. */
  readonly drivers_named: boolean;
  readonly historic_min_lag: "horizon" | 1;
  readonly inventory: Historic;
  readonly traffic: Historic;
  readonly weather: Historic;
  readonly observed_price: Historic;
  readonly price_gaps: "null" | "forward_fill";
  /** Days of the month in ascending order; `last` also means the 31st. */
  readonly paydays: readonly (number | "last")[];
  readonly exclude: readonly string[];
  /** Options of lags and windows that have their defaults: what the history cannot fill of these is left out. */
  readonly defaulted: readonly DefaultedOption[];
}

export const defaultedOptions = [
  ...(["lags", "windows", "weekday_windows"] as const),
  ...(["inventory.lags", "inventory.windows", "traffic.lags", "traffic.windows"] as const),
  ...(["weather.lags", "weather.windows", "observed_price.lags", "observed_price.windows"] as const),
] as const;
export type DefaultedOption = (typeof defaultedOptions)[number];
