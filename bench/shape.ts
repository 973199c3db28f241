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

/** From this size, slow baselines are left out. */
export const largeRows = 20_000_000;

/** Up to the usual rows, the number of days grows, with 10,000 rows per day. Above them, the number of products grows. */
export function shapeOf(rows: number): Shape {
  const [stores, products] = [100, 100];
  const days = Math.min(rows, usualRows) / (stores * products);
  const shape = { rows, stores, products: Math.max(products, rows / (stores * days)), days };
  if (rows > 0 && Number.isInteger(shape.products) && Number.isInteger(days)) return shape;
  throw new Error(
    `--rows must be a multiple of 10,000, and above 5,000,000 a multiple of 50,000, not ${rows}`,
  );
}

/** The date a number of days later, or earlier. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The last day with sales. */
export const lastDayOf = ({ days }: Shape) => dayAfter(firstDay, days - 1);

/* Natural keys of the dimensions, from numbers that start at 0, in SQL for both DuckDB and PostgreSQL. */
export const storeCode = (number: string) => `'S' || lpad((${number} + 1)::varchar, 3, '0')`;
export const sku = (number: string) => `'SKU-' || lpad((${number} + 1)::varchar, 5, '0')`;
