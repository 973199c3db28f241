import fc from "fast-check";

/* Any spec for a horizon and a length of periods, with all options except the selection of series. */

export type Freq = "day" | "week" | "month";

const stats = ["mean", "sum", "min", "max", "std", "zero_rate"];
const ofFacts = ["mean", "sum", "min", "max", "std"];
const drivers = ["store", "product", "calendar", "price", "promotion", "inventory", "traffic", "weather"];

export const some = <T>(values: readonly T[]) => fc.shuffledSubarray([...values], { minLength: 1 });
export const days = (min: number, max: number) => fc.integer({ min, max });

const lagsFrom = (least: number, freq: Freq) =>
  fc.uniqueArray(fc.oneof(days(least, least + 3), days(least, least + (freq === "day" ? 20 : 6))), {
    maxLength: 3,
  });

/** Their lengths are in periods, by that name or their own. */
const windowsFrom = (least: number, ofThese: readonly string[], freq: Freq) =>
  fc
    .uniqueArray(
      fc
        .record(
          {
            length: days(2, freq === "day" ? 15 : 6),
            stats: some(ofThese),
            lag: days(least, least + (freq === "day" ? 9 : 3)),
            needed: days(1, 9),
            unit: fc.constantFrom(`${freq}s`, `${freq}s`, "periods"),
          },
          { requiredKeys: ["length", "stats", "lag", "unit"] },
        )
        .map(({ needed, ...window }) =>
          needed === undefined ? window : { ...window, needed: Math.min(needed, window.length) },
        ),
      { selector: (window) => `${window.length} ${window.lag}`, maxLength: 3 },
    )
    .map((windows) =>
      windows.map(({ unit, length, needed, ...window }: Drawn) => ({
        ...window,
        [unit]: length,
        ...(needed === undefined ? {} : { [`min_${unit}`]: needed }),
      })),
    );

interface Drawn {
  readonly unit: string;
  readonly length: number;
  readonly needed?: number;
  readonly stats: string[];
  readonly lag: number;
}

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

const historicFrom = (least: number, freq: Freq) =>
  fc.record({ lags: lagsFrom(least, freq), windows: windowsFrom(least, ofFacts, freq) });

interface Spec {
  drivers?: string[];
  [key: string]: unknown;
}

const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** Options of one length of periods. */
const optionsOf = (freq: Freq, least: number) => {
  const paydays = some([1, 15, 29, 30, 31, "last"]);
  return {
    day: { freq: fc.constant("day"), weekday_windows: weekdayWindowsFrom(least), paydays },
    week: { freq: fc.constant("week"), week_start: fc.constantFrom(...weekdays, null), paydays },
    month: { freq: fc.constant("month") },
  }[freq] as Readonly<Record<string, fc.Arbitrary<unknown>>>;
};

const specsFor = (horizon: number, freq: Freq): fc.Arbitrary<Spec> =>
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
          after_days: days(1, freq === "day" ? 20 : 60),
          policy: fc.constantFrom("keep", "trim", "drop"),
        }),
        lags: lagsFrom(least, freq),
        windows: windowsFrom(least, stats, freq),
        drivers: fc.subarray([...drivers, "observed_price"]),
        observed_price: historicFrom(leastHistoric, freq),
        inventory: historicFrom(leastHistoric, freq),
        traffic: historicFrom(leastHistoric, freq),
        weather: historicFrom(leastHistoric, freq),
        price_gaps: fc.constantFrom("null", null, "forward_fill"),
        ...optionsOf(freq, least),
      };
      const always = ["version", "mode", "historic_min_lag", ...(freq === "day" ? [] : ["freq"])];
      return fc.record<Record<string, unknown>>(options, { requiredKeys: always });
    });

const unwanted = (freq: Freq): Readonly<Record<string, readonly string[]>> => ({
  store: ["store_city"],
  product: ["base_cost"],
  calendar: ["holiday_name", freq === "month" ? "days_in_month" : "is_payday"],
});

/** Options that are only valid together with their driver. */
const driverOf: Readonly<Record<string, string>> = {
  ...{ price_gaps: "price", paydays: "calendar" },
  ...{ inventory: "inventory", traffic: "traffic", weather: "weather", observed_price: "observed_price" },
};

/** Lags and windows of the target; sometimes none at all. */
const histories = fc.constantFrom({}, {}, {}, {}, {}, { lags: [], windows: [], weekday_windows: [] });

export const specs = (horizon: number, freq: Freq = "day"): fc.Arbitrary<object> =>
  fc.tuple(specsFor(horizon, freq), histories, fc.boolean()).map(([spec, history, exclude]) => {
    const named = spec.drivers ?? drivers;
    const applies = (key: string) => driverOf[key] === undefined || named.includes(driverOf[key]);
    const options = Object.entries(spec).filter(([key]) => applies(key));
    const columns = named.flatMap((driver) => unwanted(freq)[driver] ?? []);
    return { ...Object.fromEntries(options), ...history, ...(exclude ? { exclude: columns } : {}) };
  });
