import { type Database, withClient } from "../../../src/database/connection.ts";
import { ensureMonthPartitions } from "../../../src/database/partitions.ts";

/*
 * A table with a month of every kind, and the lines of a load that uses every method: January has few changes, February has
 * many, March is new, and the rows of April are in the default partition.
 */

const stores = Array.from({ length: 10 }, (_, index) => `S${index}`);
const products = Array.from({ length: 20 }, (_, index) => `P${index}`);

/** The times of the rows that are stored before a load. */
export const longAgo = "2000-01-01 00:00:00+00";

export async function fillMonths(database: Database): Promise<void> {
  await withClient(database, async (client) => {
    await client.query(`
      INSERT INTO store (code, name) SELECT 'S' || n, 'Store' FROM generate_series(0, ${stores.length - 1}) AS n ORDER BY n;
      INSERT INTO product (sku, name) SELECT 'P' || n, 'Product' FROM generate_series(0, ${products.length - 1}) AS n ORDER BY n;
      INSERT INTO calendar (date, day_of_week, month, quarter, year)
      SELECT d, extract(isodow FROM d) - 1, extract(month FROM d), extract(quarter FROM d), extract(year FROM d)
      FROM generate_series(date '2024-01-01', date '2024-06-30', interval '1 day') AS d`);
    await ensureMonthPartitions(client, "sales_daily", ["2024-01", "2024-02"]);
    await client.query(`
      INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount, created_at, updated_at)
      SELECT date, store.id, product.id, 1, 2, 2, '${longAgo}', '${longAgo}'
      FROM calendar, store, product
      WHERE date BETWEEN '2024-01-01' AND '2024-01-02'
        OR date BETWEEN '2024-02-01' AND '2024-02-28'
        OR date = '2024-04-01'
      ORDER BY date, store.id, product.id`);
  });
}

const header = "date,store_code,sku,quantity,unit_price,total_amount";

/** Lines of a day, one per pair of store and product, at most `rows`. */
export function day(date: string, quantity: number, rows = stores.length * products.length): string[] {
  const pairs = stores.flatMap((store) => products.map((product) => `${store},${product}`)).slice(0, rows);
  return pairs.map((pair) => `${date},${pair},${quantity},2,${2 * quantity}`);
}

const days = (month: string, first: number, last: number) =>
  Array.from(
    { length: last - first + 1 },
    (_, index) => `${month}-${String(first + index).padStart(2, "0")}`,
  );

export const monthLines = {
  merge: [...day("2024-01-01", 1), ...day("2024-01-02", 5, 7), ...day("2024-01-03", 5, 3)],
  rebuild: [...days("2024-02", 1, 27).flatMap((date) => day(date, 5)), ...day("2024-02-29", 5)],
  attach: [...day("2024-03-01", 5)],
  waiting: [...day("2024-04-01", 5, 100), ...day("2024-04-02", 5, 50)],
  /** With a product, a store and a day that the warehouse lacks: a row of January, and July, which is new. */
  missing: ["2024-01-02,S0,P99,5,2,10", "2024-07-01,S99,P0,5,2,10", "2024-07-01,S0,P0,5,2,10"],
};

export const linesOf = (...lines: (readonly string[])[]): string =>
  `${[header, ...lines.flat()].join("\n")}\n`;
