import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import type { Warehouse } from "./warehouse.ts";

/* Any small warehouse, over days that include a 29 February, the end of a year or ends of months. */

export const dayAfter = (day: string, days: number): string =>
  Temporal.PlainDate.from(day).add({ days }).toString();

/** Values of attributes; the filters of specs are drawn from them too. */
export const regions = ["North", "South"];
export const categories = ["Dairy", "Bread"];

/** Ids, codes and unique_ids are in different orders, and so are locales and bytes. */
const codes = ["S1", "S10", "S1-B", "s2", "Ä"];
const skus = ["A", "a", "B.1", "10", "9"];

const startDays = ["2024-01-15", "2023-01-20", "2023-11-20", "2024-11-25", "2024-02-29"];

const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 4 });
const tenths = (min: number, max: number) => fc.integer({ min: min * 10, max: max * 10 }).map((n) => n / 10);
/** One cell per day, some of them missing. */
const daily = <T>(cell: fc.Arbitrary<T>, { min = 0, max = 70 } = {}) =>
  fc.array(fc.option(cell, { nil: null, freq: 5 }), { minLength: min, maxLength: max, size: "max" });

const saleCell = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ quantity: 0, price: 0 }) },
  {
    weight: 5,
    arbitrary: fc.record({ quantity: fc.integer({ min: 1, max: 12 }), price: fc.constantFrom(1.99, 2.5, 0) }),
  },
);

/** The first sale is early or late, the last may be before that of other series, and some series have no sale. */
const salesOfSeries = fc.record({
  begins: fc.constantFrom(0, 0, 3, 20),
  days: fc.oneof(
    { weight: 6, arbitrary: daily(saleCell, { min: 20, max: 60 }) },
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant([null, { quantity: 0, price: 0 }]) },
  ),
  inventory: daily(
    fc.record({ on_hand: fc.constantFrom(0, 0, 3, 8, 20), on_order: fc.constantFrom(0, 5, 12) }),
  ),
});

const dayOfStore = fc.record({
  closed_on: fc.option(fc.integer({ min: 0, max: 6 }), { nil: null }),
  traffic: daily(fc.constantFrom(0, 0, 3, 50, 120)),
  weather: daily(
    fc.record({
      temperature: orNull(tenths(-9, 30)),
      coldest: orNull(tenths(-20, -10)),
      warmest: orNull(tenths(31, 40)),
      rain: orNull(tenths(0, 20)),
      humidity: orNull(tenths(0, 100)),
      wind: orNull(tenths(0, 12)),
    }),
  ),
});

/** Windows that follow each other with gaps; some begin after any cutoff, and the last may have no end. */
const priceWindows = fc.record({
  windows: fc.array(
    fc.record({
      gap: fc.constantFrom(0, 0, 1, 9, 30),
      days: fc.integer({ min: 1, max: 40 }),
      price: fc.constantFrom(0, 0.99, 2.5, 3, 10),
    }),
    { maxLength: 4 },
  ),
  open: fc.boolean(),
});

const promotions = fc.array(
  fc.record({
    store: fc.nat({ max: 3 }),
    product: fc.nat({ max: 2 }),
    begins: fc.integer({ min: -10, max: 90 }),
    days: fc.integer({ min: 1, max: 25 }),
    pct: orNull(fc.constantFrom(0, 0.1, 0.25, 1)),
    amount: orNull(fc.constantFrom(0, 0.5, 1.25, 5)),
  }),
  { maxLength: 8, size: "max" },
);

/** How many days after its day a fact is recorded; facts take turns. */
const lateness = fc.array(fc.constantFrom(0, 1, 1, 1, 2, 20), { minLength: 1, maxLength: 7 });

export interface SmallWarehouse {
  readonly start: string;
  readonly warehouse: Warehouse;
}

export const warehouses: fc.Arbitrary<SmallWarehouse> = fc
  .record({
    start: fc.constantFrom(...startDays),
    stores: fc.array(
      fc.record({
        region: orNull(fc.constantFrom(...regions)),
        city: orNull(fc.constantFrom("Bern", "Zürich")),
        store_type: orNull(fc.constantFrom("small", "large")),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    products: fc.array(
      fc.record({
        category: orNull(fc.constantFrom(...categories)),
        brand: orNull(fc.constantFrom("Own", "Other")),
        base_price: orNull(fc.constantFrom(0, 2, 3.99)),
        base_cost: orNull(fc.constantFrom(0, 1.5)),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    codes: fc.shuffledSubarray(codes, { minLength: 3 }),
    skus: fc.shuffledSubarray(skus, { minLength: 3 }),
    series: fc.array(salesOfSeries, { minLength: 9, maxLength: 9 }),
    days: fc.array(dayOfStore, { minLength: 3, maxLength: 3 }),
    /** For each product: those of the chain, then those of each store. */
    prices: fc.array(priceWindows, { minLength: 12, maxLength: 12 }),
    promotions,
    holidays: fc.uniqueArray(fc.integer({ min: -20, max: 110 }), { maxLength: 5 }),
    late: lateness,
    /** Tables without rows. */
    absent: fc.subarray(["prices", "promotions", "inventory", "traffic", "weather"] as const, {
      maxLength: 2,
    }),
  })
  .map(({ absent, ...drawn }) => {
    const none = Object.fromEntries(absent.map((table) => [table, []]));
    return { start: drawn.start, warehouse: { ...warehouseOf(drawn), ...none } };
  });

type Drawn<T> = T extends fc.Arbitrary<infer Value> ? Value : never;

function warehouseOf(drawn: {
  start: string;
  stores: Omit<Warehouse["stores"][number], "code">[];
  products: Omit<Warehouse["products"][number], "sku">[];
  codes: string[];
  skus: string[];
  series: Drawn<typeof salesOfSeries>[];
  days: Drawn<typeof dayOfStore>[];
  prices: Drawn<typeof priceWindows>[];
  promotions: Drawn<typeof promotions>;
  holidays: number[];
  late: number[];
}): Warehouse {
  const { start, late } = drawn;
  const stores = drawn.stores.map((store, index) => ({ code: drawn.codes[index] ?? "", ...store }));
  const products = drawn.products.map((product, index) => ({ sku: drawn.skus[index] ?? "", ...product }));
  const on = (offset: number) => dayAfter(start, offset);
  let turn = 0;
  // Some at a full hour, some at the last moment of the day: the boundaries of knowledge times.
  const recorded = (day: number) => {
    const time = turn % 2 === 0 ? "T03:00:00Z" : "T23:59:59.999999Z";
    return { created_at: `${on(day + (late[turn++ % late.length] ?? 0))}${time}` };
  };
  const grid = stores.flatMap((store, s) =>
    products.map((product, p) => ({ store: store.code, sku: product.sku, s, p })),
  );
  const present = <T>(cells: readonly (T | null)[]) =>
    cells.flatMap((cell, day) => (cell === null ? [] : [{ day, cell }]));
  return {
    stores,
    products,
    holidays: drawn.holidays.map((day, index) => ({
      date: on(day),
      name: index % 3 === 2 ? null : `H${index}`,
    })),
    sales: grid.flatMap(({ store, sku, s, p }) => {
      const { begins, days } = drawn.series[s * 3 + p] ?? { begins: 0, days: [] };
      return present(days)
        .filter(({ day }) => (begins + day) % 7 !== drawn.days[s]?.closed_on)
        .map(({ day, cell: { quantity, price } }) => {
          const amount = Math.round(quantity * price * 100) / 100;
          return { date: on(begins + day), store, sku, quantity, amount, ...recorded(begins + day) };
        });
    }),
    prices: products.flatMap(({ sku }, p) =>
      [null, ...stores.map(({ code }) => code)].flatMap((store, scope) => {
        const { windows, open } = drawn.prices[p * 4 + scope] ?? { windows: [], open: false };
        let next = -15;
        return windows.map(({ gap, days, price }, index) => {
          const [from, to] = [next + gap, next + gap + days - 1];
          next = to + 1;
          const end = open && index === windows.length - 1 ? null : on(to);
          return { sku, store, price, from: on(from), to: end, ...recorded(from - 2) };
        });
      }),
    ),
    promotions: drawn.promotions.map(({ store, product, begins, days, pct, amount }, index) => {
      const sku = products[product % products.length]?.sku ?? "";
      const code = stores[store % (stores.length + 1)]?.code ?? null;
      const [from, to] = [on(begins), on(begins + days - 1)];
      return { sku, store: code, name: `P${index}`, pct, amount, from, to, ...recorded(begins - 2) };
    }),
    inventory: grid.flatMap(({ store, sku, s, p }) =>
      present(drawn.series[s * 3 + p]?.inventory ?? []).map(({ day, cell }) => {
        return { date: on(day), store, sku, ...cell, ...recorded(day) };
      }),
    ),
    traffic: stores.flatMap(({ code }, s) =>
      present(drawn.days[s]?.traffic ?? []).map(({ day, cell }) => {
        return { date: on(day), store: code, visitors: cell, ...recorded(day) };
      }),
    ),
    weather: stores.flatMap(({ code }, s) =>
      present(drawn.days[s]?.weather ?? []).map(({ day, cell }) => {
        return { date: on(day), store: code, ...cell, ...recorded(day) };
      }),
    ),
  };
}
