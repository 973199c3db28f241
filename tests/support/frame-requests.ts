import fc from "fast-check";
import type { Warehouse } from "./frame-warehouse.ts";
import { categories, dayAfter, regions, type SmallWarehouse, warehouses } from "./frame-warehouses.ts";

/* Any frame of any small warehouse, over everything that a spec can say. */

export interface FrameCase {
  readonly warehouse: Warehouse;
  readonly cutoff: string;
  readonly horizon: number;
  /** JSON, which is YAML too; undefined: none. */
  readonly spec: string | undefined;
  readonly knownAt: string | undefined;
}

const stats = ["mean", "sum", "min", "max", "std", "zero_rate"];
const ofFacts = ["mean", "sum", "min", "max", "std"];
const drivers = ["store", "product", "calendar", "price", "promotion", "inventory", "traffic", "weather"];

const some = <T>(values: readonly T[]) => fc.shuffledSubarray([...values], { minLength: 1 });
const days = (min: number, max: number) => fc.integer({ min, max });

const lagsFrom = (least: number) => fc.uniqueArray(days(least, least + 30), { minLength: 1, maxLength: 3 });

const windowsFrom = (least: number, ofThese: readonly string[]) =>
  fc.uniqueArray(
    fc
      .record(
        { days: days(2, 20), stats: some(ofThese), lag: days(least, least + 9), min_days: days(1, 20) },
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

/** Series by an attribute, one value or several; and how their ids are written. */
const selections = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record(
      {
        store: fc.record({ region: fc.oneof(fc.constantFrom(...regions), some(regions)) }),
        product: fc.record({ category: fc.oneof(fc.constantFrom(...categories), some(categories)) }),
        separator: fc.constantFrom("/", "-", "_", " · "),
      },
      { requiredKeys: [] },
    ),
  },
);

const unwanted: Readonly<Record<string, readonly string[]>> = {
  store: ["store_city"],
  product: ["base_cost"],
  calendar: ["holiday_name", "is_payday"],
};

/** Options that a spec may only give with their driver. */
const driverOf: Readonly<Record<string, string>> = {
  ...{ price_gaps: "price", paydays: "calendar" },
  ...{ inventory: "inventory", traffic: "traffic", weather: "weather" },
};

/** Text of a spec that goes with the horizon. */
const specTexts = (horizon: number): fc.Arbitrary<string> =>
  fc.tuple(specsFor(horizon), selections, fc.boolean()).map(([spec, series, exclude]) => {
    const named = spec.drivers ?? drivers;
    const applies = (key: string) => driverOf[key] === undefined || named.includes(driverOf[key]);
    const options = Object.entries(spec).filter(([key]) => applies(key));
    const columns = named.flatMap((driver) => unwanted[driver] ?? []);
    return JSON.stringify({
      ...Object.fromEntries(options),
      series,
      ...(exclude ? { exclude: columns } : {}),
    });
  });

/** Up to the end of a day, just as a fact is recorded, just before, and the same moment elsewhere. */
const moments = fc.record({
  day: days(10, 80),
  time: fc.constantFrom("", "T03:00:00Z", "T02:59:59.999Z", "T05:00:00+02:00"),
});

export const frameCases: fc.Arbitrary<FrameCase> = fc
  .record({
    small: warehouses,
    asked: fc
      .oneof(days(1, 9), days(1, 40))
      .chain((horizon) =>
        fc.record({ horizon: fc.constant(horizon), spec: fc.option(specTexts(horizon), { nil: undefined }) }),
      ),
    known: fc.oneof(fc.constant(undefined), fc.constant(undefined), moments),
    cutoff: fc.record({ of: fc.constantFrom("last", "sale", "day", "day"), at: fc.nat() }),
  })
  .map(({ small, asked, known, cutoff }) => {
    const knownAt = known && `${dayAfter(small.start, known.day)}${known.time}`;
    return { warehouse: small.warehouse, ...asked, knownAt, cutoff: cutoffOf(small, knownAt, cutoff) };
  });

/** A day from the first sales row that was known to the last. */
function cutoffOf(
  { start, warehouse }: SmallWarehouse,
  knownAt: string | undefined,
  { of, at }: { of: string; at: number },
): string {
  const sold = knownSales(warehouse, knownAt);
  const [first, last] = [sold[0] ?? start, sold.at(-1) ?? start];
  if (of === "last") return last;
  if (of === "sale") return sold[at % sold.length] ?? start;
  const all = [first];
  while ((all.at(-1) as string) < last) all.push(dayAfter(all.at(-1) as string, 1));
  return all[at % all.length] as string;
}

/** The days of sales rows that were known, in order. */
function knownSales({ sales }: Warehouse, knownAt: string | undefined): string[] {
  const until = knownAt === undefined ? "" : knownAt.length === 10 ? `${knownAt}T23:59:59.999999Z` : knownAt;
  const known = (recorded = "") => until === "" || Date.parse(recorded) <= Date.parse(until);
  return sales
    .filter(({ created_at }) => known(created_at))
    .map(({ date }) => date)
    .sort();
}
