import * as kinds from "../../system/arguments.ts";
import type { Freq } from "../grain.ts";
import { type SpecInput, specInvalid } from "./read.ts";
import {
  type DefaultedOption,
  type DriverName,
  defaultedOptions,
  driverNames,
  type FrameSpec,
  type Historic,
  optionalDrivers,
  productAttributes,
  type Stat,
  storeAttributes,
} from "./types.ts";
import {
  type HistoryRules,
  orderedLags,
  orderedWeekdayWindows,
  orderedWindows,
  type WeekdayWindowInput,
  type WindowInput,
} from "./windows.ts";

/**
 * A spec with all defaults filled in.
 *
 * @param input undefined for the default frame
 * @param horizon days to forecast; the default lags depend on it
 * @returns plain data, equal for specs that mean the same
 * @throws FRAME_SPEC_INVALID if the spec contradicts itself or the horizon, for example by a lag below it in direct mode
 * @example
 * import { resolveSpec } from "forecastlab";
 *
 * const { drivers, lags } = resolveSpec(undefined, 28);
 * console.log(drivers, lags); // lags: 28, 35, 49, 364
 */
export function resolveSpec(input: SpecInput | undefined, horizon: number): FrameSpec {
  kinds.requireArguments(
    "resolveSpec",
    { input, horizon },
    { "input?": kinds.object, horizon: kinds.wholeNumber },
  );
  const spec = input ?? { version: 1, path: "" };
  const freq = spec.freq ?? "day";
  const refuse = (problem: string) => specInvalid(spec.path, problem);
  if (spec.drivers !== undefined && spec.add_drivers !== undefined) {
    throw refuse("drivers names all drivers, and add_drivers adds to the default ones: give one of them");
  }
  const isDefault = (name: DriverName) => spec.add_drivers?.includes(name) || !optionalDrivers.includes(name);
  const drivers = driverNames.filter((name) => spec.drivers?.includes(name) ?? isDefault(name));
  refuseUnusedOptions(spec, drivers, refuse);
  refuseOtherFreqs(spec, freq, refuse);
  const historicMinLag = spec.historic_min_lag ?? "horizon";
  const historic = (name: "inventory" | "traffic" | "weather" | "observed_price") => {
    const rules = {
      least: historicMinLag === 1 ? 1 : horizon,
      choice: "historic_min_lag: 1 allows smaller ones",
      needed: () => 1,
      refuse,
      freq,
    };
    return drivers.includes(name) ? historyOf(name, spec[name] ?? {}, rules) : { lags: [], windows: [] };
  };
  return {
    version: 1,
    freq,
    week_start: freq === "week" ? (spec.week_start ?? "monday") : null,
    series: seriesOf(spec),
    target: spec.target ?? "quantity",
    fill: spec.fill === null ? "null" : (spec.fill ?? "zero"),
    closed_days: spec.closed_days ?? "zero",
    ended: endedOf(spec, refuse),
    mode: spec.mode ?? "direct",
    ...targetHistory(spec, horizon, refuse),
    drivers,
    drivers_named: spec.drivers_named ?? spec.drivers !== undefined,
    historic_min_lag: historicMinLag,
    inventory: historic("inventory"),
    traffic: historic("traffic"),
    weather: historic("weather"),
    observed_price: historic("observed_price"),
    price_gaps: spec.price_gaps ?? "null",
    paydays: drivers.includes("calendar") && freq !== "month" ? paydaysOf(spec.paydays ?? [15, "last"]) : [],
    exclude: excludedOf(spec, refuse),
    defaulted: defaultedOf(spec),
  };
}

type Refuse = (problem: string) => Error;

/** An option of a driver that is not in the frame is a mistake, unless it asks for nothing. */
function refuseUnusedOptions(spec: SpecInput, drivers: readonly DriverName[], refuse: Refuse): void {
  const asked: [option: string, driver: DriverName, asks: boolean][] = [
    ["inventory", "inventory", asksForHistory(spec.inventory)],
    ["traffic", "traffic", asksForHistory(spec.traffic)],
    ["weather", "weather", asksForHistory(spec.weather)],
    ["observed_price", "observed_price", asksForHistory(spec.observed_price)],
    ["price_gaps", "price", spec.price_gaps === "forward_fill"],
    ["paydays", "calendar", (spec.paydays ?? []).length > 0],
  ];
  for (const [option, driver, asks] of asked) {
    if (!asks || drivers.includes(driver)) continue;
    throw refuse(`${option} is for the driver ${driver}, which drivers does not name`);
  }
}

/** Options that mean nothing in periods of this length. */
function refuseOtherFreqs(spec: SpecInput, freq: Freq, refuse: Refuse): void {
  if (spec.week_start != null && freq !== "week") {
    throw refuse(`week_start is for freq: week, and the frame is of freq: ${freq}`);
  }
  if ((spec.weekday_windows ?? []).length > 0 && freq !== "day") {
    throw refuse(`weekday_windows are for freq: day, and the frame is of freq: ${freq}`);
  }
  if ((spec.paydays ?? []).length > 0 && freq === "month") {
    throw refuse("paydays are for freq: day or week; every month has the same");
  }
}

const asksForHistory = (history: SpecInput["inventory"]) =>
  (history?.lags ?? []).length + (history?.windows ?? []).length > 0;

/** The columns of lags and windows of `y`. */
function targetHistory(
  spec: SpecInput,
  horizon: number,
  refuse: Refuse,
): Pick<FrameSpec, "lags" | "windows" | "weekday_windows"> {
  const freq = spec.freq ?? "day";
  const recursive = spec.mode === "recursive";
  const least = recursive ? 1 : horizon;
  const rules: HistoryRules = {
    least,
    choice: "mode: recursive allows smaller ones",
    needed: (length) => length,
    refuse,
    freq,
  };
  const usual = usualHistory[freq];
  const weekdays: WeekdayWindowInput[] = freq === "day" ? [{ weeks: 4, stats: ["mean"] }] : [];
  const week = multipleOf(7, least);
  return {
    lags: orderedLags("lags", spec.lags ?? (recursive ? usual.recursive : usual.direct(least)), rules),
    windows: orderedWindows("windows", spec.windows ?? usual.windows, rules),
    weekday_windows: orderedWeekdayWindows("weekday_windows", spec.weekday_windows ?? weekdays, week, rules),
  };
}

const spread: readonly Stat[] = ["mean", "std", "min", "max", "zero_rate"];

/** The lags and windows of a spec that names none: about a week, a month, a quarter and a year before. */
const usualHistory: Record<
  Freq,
  {
    readonly direct: (horizon: number) => number[];
    readonly recursive: number[];
    readonly windows: WindowInput[];
    /** The window of a historic driver. */
    readonly ofFacts: number;
  }
> = {
  day: {
    direct: (horizon) => {
      const week = multipleOf(7, horizon);
      return [horizon, week, week + 7, week + 21, multipleOf(364, horizon)];
    },
    recursive: [1, 7, 14, 28, 364],
    windows: [
      { periods: 7, stats: ["mean"] },
      { periods: 28, stats: spread },
      { periods: 91, stats: ["mean"] },
    ],
    ofFacts: 28,
  },
  week: {
    direct: (horizon) => [horizon, horizon + 1, horizon + 3, multipleOf(52, horizon)],
    recursive: [1, 2, 4, 8, 52],
    windows: [
      { periods: 4, stats: ["mean"] },
      { periods: 13, stats: spread },
      { periods: 52, stats: ["mean"] },
    ],
    ofFacts: 4,
  },
  month: {
    direct: (horizon) => [horizon, horizon + 1, horizon + 2, multipleOf(12, horizon)],
    recursive: [1, 2, 3, 12],
    windows: [
      { periods: 3, stats: ["mean"] },
      { periods: 12, stats: spread },
    ],
    ofFacts: 3,
  },
};

/** The lags and windows of a historic driver. */
function historyOf(
  name: "inventory" | "traffic" | "weather" | "observed_price",
  { lags, windows }: NonNullable<SpecInput["inventory"]>,
  rules: HistoryRules,
): Historic {
  for (const [index, { stats }] of (windows ?? []).entries()) {
    if (!stats.includes("zero_rate")) continue;
    throw rules.refuse(`${name}.windows[${index}].stats holds zero_rate, which is for the target only`);
  }
  const usual: WindowInput[] =
    name === "weather" ? [] : [{ periods: usualHistory[rules.freq].ofFacts, stats: ["mean"] }];
  return {
    lags: orderedLags(`${name}.lags`, lags ?? [rules.least], rules),
    windows: orderedWindows(`${name}.windows`, windows ?? usual, rules),
  };
}

function seriesOf({ series }: SpecInput): FrameSpec["series"] {
  return {
    store: filterOf(storeAttributes, series?.store ?? {}),
    product: filterOf(productAttributes, series?.product ?? {}),
    separator: series?.separator ?? "/",
  };
}

function filterOf<Name extends string>(
  names: readonly Name[],
  given: Partial<Record<Name, string | string[] | undefined>>,
): Partial<Record<Name, string[]>> {
  const wanted = names.flatMap((name) => {
    const values = given[name];
    return values === undefined ? [] : [[name, sorted(typeof values === "string" ? [values] : values)]];
  });
  return Object.fromEntries(wanted);
}

function endedOf({ ended }: SpecInput, refuse: Refuse): FrameSpec["ended"] {
  const { after_days = null, policy = "keep" } = ended ?? {};
  if (policy !== "keep" && after_days === null) {
    throw refuse(`ended.after_days is missing, which the policy ${policy} needs`);
  }
  return { after_days, policy };
}

/** Options without a value in the spec, or which the manifest that it comes from lists. */
function defaultedOf(spec: SpecInput): DefaultedOption[] {
  return defaultedOptions.filter((option) => {
    if (spec.defaulted?.includes(option)) return true;
    const [name, part] = option.split(".") as [keyof SpecInput, "lags" | "windows" | undefined];
    const value = spec[name];
    return part === undefined
      ? value === undefined
      : (value as NonNullable<SpecInput["weather"]> | undefined)?.[part] === undefined;
  });
}

/** The 31st is the last day of every month, as `last` is. */
function paydaysOf(given: readonly (number | "last")[]): FrameSpec["paydays"] {
  const days = new Set(given.map((day) => (day === 31 ? "last" : day)));
  const numbers = [...days].filter((day) => day !== "last").sort((a, b) => a - b);
  return days.has("last") ? [...numbers, "last"] : numbers;
}

const keys = ["unique_id", "ds", "y", "horizon_step"];

function excludedOf({ exclude = [] }: SpecInput, refuse: Refuse): string[] {
  const key = exclude.find((column) => keys.includes(column));
  if (key !== undefined) throw refuse(`exclude holds ${key}, which every frame has`);
  return sorted(exclude);
}

/** The smallest multiple that is at least the horizon. */
const multipleOf = (factor: number, horizon: number) => Math.ceil(horizon / factor) * factor;

const sorted = (values: readonly string[]) => [...new Set(values)].sort();
