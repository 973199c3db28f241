/** Every store sells every product every day. */
export interface Shape {
  readonly rows: number;
  readonly stores: number;
  readonly products: number;
  readonly days: number;
}

export const firstDay = "2023-01-01";

/** 100 stores x 100 products x 500 days. */
export const usualRows = 5_000_000;

/** From here on the slow peers say nothing new. */
export const largeRows = 20_000_000;

/** Up to the usual rows the days grow, 10,000 rows each; beyond them the months do: as many days, more products. */
export function shapeOf(rows: number): Shape {
  const [stores, products] = [100, 100];
  const days = Math.min(rows, usualRows) / (stores * products);
  const shape = { rows, stores, products: Math.max(products, rows / (stores * days)), days };
  if (rows > 0 && Number.isInteger(shape.products) && Number.isInteger(days)) return shape;
  throw new Error(`--rows takes a multiple of 10,000, and of 50,000 beyond 5,000,000, not ${rows}`);
}

/** A civil day so many days later, or earlier. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The last day on which something is sold. */
export const lastDayOf = ({ days }: Shape) => dayAfter(firstDay, days - 1);

/* The dimensions' natural keys, from numbers that start at 0: SQL that DuckDB and PostgreSQL both understand. */
export const storeCode = (number: string) => `'S' || lpad((${number} + 1)::varchar, 3, '0')`;
export const sku = (number: string) => `'SKU-' || lpad((${number} + 1)::varchar, 5, '0')`;
