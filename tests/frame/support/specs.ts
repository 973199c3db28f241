import fc from "fast-check";

/* Any spec for a horizon, with all options except the selection of series. */

const stats = ["mean", "sum", "min", "max", "std", "zero_rate"];
const ofFacts = ["mean", "sum", "min", "max", "std"];
const drivers = ["store", "product", "calendar", "price", "promotion", "inventory", "traffic", "weather"];

export const some = <T>(values: readonly T[]) => fc.shuffledSubarray([...values], { minLength: 1 });
export const days = (min: number, max: number) => fc.integer({ min, max });

const lagsFrom = (least: number) =>
  fc.uniqueArray(fc.oneof(days(least, least + 3), days(least, least + 20)), { maxLength: 3 });

const windowsFrom = (least: number, ofThese: readonly string[]) =>
  fc.uniqueArray(
    fc
      .record(
        { days: days(2, 15), stats: some(ofThese), lag: days(least, least + 9), min_days: days(1, 9) },
        { requiredKeys: ["days", "stats", "lag"] },
      )
      .map(({ min_days, ...window }) =>
        min_days === undefined ? window : { ...window, min_days: Math.min(min_days, window.days) },
      ),
    { selector: (window) => `${window.days} ${window.lag}`, maxLength: 3 },
  );

const weekdayWindowsFrom = (least: number) =>
  fc.uniqueArray(
    fc.record(
      {
        weeks: days(2, 4),
        stats: some(stats),
        lag: fc.nat({ max: 2 }).map((weeks) => (Math.ceil(least / 7) + weeks) * 7),
        min_weeks: days(1, 2),
      },
      { requiredKeys: ["weeks", "stats", "lag"] },
    ),
    { selector: (window) => `${window.weeks} ${window.lag}`, maxLength: 2 },
  );

const historicFrom = (least: number) =>
  fc.record({ lags: lagsFrom(least), windows: windowsFrom(least, ofFacts) });

interface Spec {
  drivers?: string[];
  [key: string]: unknown;
}

const specsFor = (horizon: number): fc.Arbitrary<Spec> =>
  fc
    .record({ mode: fc.constantFrom("direct", "recursive"), near: fc.boolean() })
    .chain(({ mode, near }): fc.Arbitrary<Spec> => {
      const least = mode === "direct" ? horizon : 1;
      const leastHistoric = near ? 1 : horizon;
      const options = {
        version: fc.constant(1),
        mode: fc.constant(mode),
        historic_min_lag: fc.constant(near ? 1 : "horizon"),
        target: fc.constantFrom("quantity", "total_amount"),
        fill: fc.constantFrom("zero", "null", null),
        closed_days: fc.constantFrom("zero", "mask", "drop"),
        ended: fc.record({
          after_days: days(1, 20),
          policy: fc.constantFrom("keep", "trim", "drop"),
        }),
        lags: lagsFrom(least),
        windows: windowsFrom(least, stats),
        weekday_windows: weekdayWindowsFrom(least),
        drivers: fc.subarray(drivers),
        inventory: historicFrom(leastHistoric),
        traffic: historicFrom(leastHistoric),
        weather: historicFrom(leastHistoric),
        price_gaps: fc.constantFrom("null", null, "forward_fill"),
        paydays: some([1, 15, 29, 30, 31, "last"]),
      };
      return fc.record(options, { requiredKeys: ["version", "mode", "historic_min_lag"] });
    });

const unwanted: Readonly<Record<string, readonly string[]>> = {
  store: ["store_city"],
  product: ["base_cost"],
  calendar: ["holiday_name", "is_payday"],
};

/** Options that are only valid together with their driver. */
const driverOf: Readonly<Record<string, string>> = {
  ...{ price_gaps: "price", paydays: "calendar" },
  ...{ inventory: "inventory", traffic: "traffic", weather: "weather" },
};

/** Lags and windows of the target; sometimes none at all. */
const histories = fc.constantFrom({}, {}, {}, {}, {}, { lags: [], windows: [], weekday_windows: [] });

export const specs = (horizon: number): fc.Arbitrary<object> =>
  fc.tuple(specsFor(horizon), histories, fc.boolean()).map(([spec, history, exclude]) => {
    const named = spec.drivers ?? drivers;
    const applies = (key: string) => driverOf[key] === undefined || named.includes(driverOf[key]);
    const options = Object.entries(spec).filter(([key]) => applies(key));
    const columns = named.flatMap((driver) => unwanted[driver] ?? []);
    return { ...Object.fromEntries(options), ...history, ...(exclude ? { exclude: columns } : {}) };
  });
