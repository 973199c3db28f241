import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import type { Warehouse } from "./warehouse.ts";
import { dayAfter, type SmallWarehouse } from "./warehouses.ts";

/* Small warehouses over more days, so that they have weeks and months. */

export interface Spread {
  /** The first day; undefined to leave it. */
  readonly start: string | undefined;
  /** Days from one day of sales to the next, or one day of sales per month, on the day of the start. */
  readonly sales: number | "monthly";
  /** Days from one day of all other facts and plans to the next. */
  readonly facts: number;
}

/** First days of weeks and months, days within them, and last days. */
const starts = fc.constantFrom(
  ...["2023-01-20", "2023-11-20", "2023-12-01", "2023-12-31", "2024-01-01", "2024-01-31", "2024-02-04"],
);

/** Sales on every day; with gaps; one per period, which are the sums of periods. */
const strides = {
  week: { sales: [1, 1, 3, 7], facts: [1, 3] },
  month: { sales: [3, 3, 7, "monthly"], facts: [3, 5] },
} satisfies Record<string, { sales: Spread["sales"][]; facts: number[] }>;

export const spreads = (freq: keyof typeof strides): fc.Arbitrary<Spread> =>
  fc.record({
    start: starts,
    sales: fc.constantFrom<Spread["sales"][]>(...strides[freq].sales),
    facts: fc.constantFrom(...strides[freq].facts),
  });

/** Days of a drawn warehouse for each month of sales. */
const ofMonth = 5;

const daysBetween = (from: string, to: string) =>
  Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to)).days;

/** The same warehouse with its days further apart. Windows end on the day before the next one begins, as they did. */
export function spread(small: SmallWarehouse, { start = small.start, sales, facts }: Spread): SmallWarehouse {
  if (start === small.start && sales === 1 && facts === 1) return small;
  const { warehouse } = small;
  const offset = (day: string) => daysBetween(small.start, day);
  const onFacts = (day: string) => dayAfter(start, offset(day) * facts);
  const endOfFacts = (day: string) => dayAfter(start, (offset(day) + 1) * facts - 1);
  const onSales = (day: string) =>
    sales === "monthly"
      ? Temporal.PlainDate.from(start)
          .add({ months: offset(day) / ofMonth })
          .toString()
      : dayAfter(start, offset(day) * sales);
  /** Recorded as long after its day as before. */
  const recorded = (row: { created_at?: string }, from: string, to: string) => {
    const { created_at } = row;
    return created_at === undefined
      ? {}
      : { created_at: `${dayAfter(to, daysBetween(from, created_at.slice(0, 10)))}${created_at.slice(10)}` };
  };
  const dated = <Row extends { date: string; created_at?: string }>(
    rows: readonly Row[],
    on: (day: string) => string,
  ) => rows.map((row) => ({ ...row, date: on(row.date), ...recorded(row, row.date, on(row.date)) }));
  const planned = <Row extends { from: string; to: string | null; created_at?: string }>(
    rows: readonly Row[],
  ) =>
    rows.map((row) => ({
      ...row,
      from: onFacts(row.from),
      to: row.to && endOfFacts(row.to),
      ...recorded(row, row.from, onFacts(row.from)),
    }));
  const { prices = [], promotions = [], inventory = [], traffic = [], weather = [] } = warehouse;
  const soldRows =
    sales === "monthly"
      ? warehouse.sales.filter(({ date }) => offset(date) % ofMonth === 0)
      : warehouse.sales;
  return {
    start,
    warehouse: {
      ...warehouse,
      holidays: (warehouse.holidays ?? []).map((row) => ({ ...row, date: onFacts(row.date) })),
      sales: dated(soldRows, onSales),
      prices: planned(prices),
      promotions: planned(promotions) as Warehouse["promotions"] & object,
      inventory: dated(inventory, onFacts),
      traffic: dated(traffic, onFacts),
      weather: dated(weather, onFacts),
    },
  };
}
