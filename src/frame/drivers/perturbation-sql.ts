/* Parts of the statements by which the audit changes tables. $1 is the day after which they do. */

/** A condition on a third of the rows, the same in every run. */
export const third = (...columns: string[]) =>
  `(${columns.join(" + ")} + (date - DATE '1970-01-01')) % 3 = 0`;

/** Another number, which is valid wherever the old one was. */
export const changed = (column: string) => `CASE WHEN ${column} < 1000 THEN ${column} * 3 + 7 ELSE 3 END`;

/** Stores and products to add rows for: those that were sold, and some that never were. */
export const pairs = `
  SELECT store_id, product_id FROM sales_daily GROUP BY store_id, product_id
  UNION
  (
    SELECT store.id, product.id
    FROM store
    CROSS JOIN product
    WHERE NOT EXISTS (SELECT FROM sales_daily AS sold WHERE sold.store_id = store.id AND sold.product_id = product.id)
    ORDER BY store.id, product.id
    LIMIT 50
  )
`;

/** The three days $1 + step. */
export const nextDays = "generate_series(1, 3) AS step";
