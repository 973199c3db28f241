import fc from "fast-check";
import { days, type Freq, some, specs } from "./specs.ts";
import { type Spread, spread, spreads } from "./spread-warehouses.ts";
import type { Warehouse } from "./warehouse.ts";
import { categories, dayAfter, regions, type SmallWarehouse, warehouses } from "./warehouses.ts";

/* Any frame of any small warehouse. */

export interface FrameCase {
  readonly warehouse: Warehouse;
  readonly cutoff: string;
  readonly horizon: number;
  /** JSON, which is also YAML; undefined for no spec. */
  readonly spec: string | undefined;
  readonly knownAt: string | undefined;
  /** As `--freq` takes it; undefined for that of the spec. */
  readonly freq?: Freq | undefined;
  /** Days of all series of a block; undefined for one block. */
  readonly blockPeriods?: number | undefined;
}

/** A selection of series by some of the values, and a separator of their ids. */
const selections = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.record(
      { store: some(regions), product: some(categories), separator: fc.constantFrom("/", "-", "_", " · ") },
      { requiredKeys: [] },
    ),
  },
);

function seriesOf(
  { stores, products }: Warehouse,
  { store = [], product = [], ...rest }: { store?: string[]; product?: string[]; separator?: string },
): object {
  const region = store.filter((value) => stores.some(({ region }) => region === value));
  const category = product.filter((value) => products.some(({ category }) => category === value));
  return {
    ...rest,
    ...(region.length === 0 ? {} : { store: { region } }),
    // A single value does not need a list.
    ...(category.length === 0
      ? {}
      : { product: { category: category.length === 1 ? category[0] : category } }),
  };
}

/** The end of a day, the moment when a fact is recorded, just before it, and the same moment in another time zone. */
const moments = fc.record({
  day: days(10, 80),
  time: fc.constantFrom("", "T03:00:00Z", "T02:59:59.999Z", "T05:00:00+02:00"),
});

interface Asked {
  readonly freq: Freq;
  readonly horizon: number;
  readonly spec: object | undefined;
}

const asked = (freq: Freq, horizons: fc.Arbitrary<number>): fc.Arbitrary<Asked> =>
  horizons.chain((horizon) =>
    fc.record({
      freq: fc.constant(freq),
      horizon: fc.constant(horizon),
      spec: fc.option(specs(horizon, freq), { nil: undefined }),
    }),
  );

const casesOf = (requests: fc.Arbitrary<Asked>, layouts: fc.Arbitrary<Spread>): fc.Arbitrary<FrameCase> =>
  fc
    .record({
      drawn: warehouses,
      layout: layouts,
      asked: requests,
      selection: selections,
      known: fc.oneof(fc.constant(undefined), fc.constant(undefined), moments),
      // Blocks of one series, of some series, and one block.
      blockPeriods: fc.oneof(fc.constant(1), fc.integer({ min: 50, max: 300 }), fc.constant(undefined)),
      cutoff: fc.record({ of: fc.constantFrom("last", "last", "sale", "day"), at: fc.nat() }),
    })
    .map(({ drawn, layout, asked: { freq, horizon, spec }, selection, known, blockPeriods, cutoff }) => {
      const small = spread(drawn, layout);
      const { warehouse } = small;
      const series = seriesOf(warehouse, selection);
      const text = spec && JSON.stringify({ ...spec, series });
      const knownAt = known && `${dayAfter(small.start, known.day * layout.facts)}${known.time}`;
      return {
        warehouse,
        horizon,
        spec: text,
        ...(text === undefined && freq !== "day" ? { freq } : {}),
        knownAt,
        blockPeriods,
        cutoff: cutoffOf(small, knownAt, cutoff),
      };
    });

/** Frames of days. */
export const frameCases = casesOf(
  asked("day", fc.oneof(days(1, 7), days(1, 7), days(1, 40))),
  fc.constant({ start: undefined, sales: 1, facts: 1 }),
);

/** Frames of weeks and months. */
export const coarseFrameCases = fc
  .constantFrom("week" as const, "month" as const)
  .chain((freq) => casesOf(asked(freq, fc.oneof(days(1, 3), days(1, 8))), spreads(freq)));

/** A day from the first known sales row to the last. */
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

/** The days of the known sales rows, in order. */
function knownSales({ sales }: Warehouse, knownAt: string | undefined): string[] {
  const until = knownAt === undefined ? "" : knownAt.length === 10 ? `${knownAt}T23:59:59.999999Z` : knownAt;
  const known = (recorded = "") => until === "" || Date.parse(recorded) <= Date.parse(until);
  return sales
    .filter(({ created_at }) => known(created_at))
    .map(({ date }) => date)
    .sort();
}
