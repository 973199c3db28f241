import type { Frames, Table } from "./agreement.ts";
import type { Cell } from "./oracle.ts";
import type { Warehouse } from "./warehouse.ts";
import { dayAfter } from "./warehouses.ts";

/* Small warehouses, and frames of them. */

export type Sales = Warehouse["sales"];

/** By default it has the store S1, and the product A with a base price of 4.00. */
export const small = (rest: Partial<Warehouse> & { sales: Sales }): Warehouse => ({
  stores: [{ code: "S1" }],
  products: [{ sku: "A", base_price: 4 }],
  ...rest,
});

/** Sales of a store and product: one quantity per day, at 2.00 per unit; null for a day without a row. */
export const sold = (
  store: string,
  sku: string,
  from: string,
  quantities: readonly (number | null)[],
): Sales =>
  quantities.flatMap((quantity, index) =>
    quantity === null ? [] : [{ date: dayAfter(from, index), store, sku, quantity, amount: 2 * quantity }],
  );

/** Prices of product A: the store, or null for the chain, the price, and the days of its window. */
export const pricesOf = (
  ...windows: [store: string | null, price: number, from: string, to: string | null][]
): Warehouse["prices"] & object =>
  windows.map(([store, price, from, to]) => ({ sku: "A", store, price, from, to }));

/** Builds frames that agree with the oracle. Their spec has no drivers, lags or windows but those that are given. */
export const makerOf =
  (frames: Frames) =>
  (
    warehouse: Warehouse,
    given: { cutoff: string; horizon?: number; spec?: object; knownAt?: string | undefined },
  ): Promise<{ training: Table; future: Table }> => {
    const nothing = { version: 1, lags: [], windows: [], weekday_windows: [], drivers: [] };
    const { cutoff, horizon = 2, spec = {}, knownAt } = given;
    return frames.agree({
      warehouse,
      cutoff,
      horizon,
      spec: JSON.stringify({ ...nothing, ...spec }),
      knownAt,
    });
  };

/** The cells of some columns, row by row. The cells of a single column are not in lists. */
export const column = ({ rows }: Pick<Table, "rows">, ...names: string[]): (Cell | undefined)[] | Cell[][] =>
  names.length === 1
    ? rows.map((row) => row[names[0] as string])
    : rows.map((row) => names.map((name) => row[name] as Cell));
