import { daySql, upToSql } from "../days.ts";
import { changed, nextDays, pairs, third } from "../drivers/perturbation-sql.ts";
import { reported, sales } from "../engine-tables.ts";
import type { FrameScope } from "../scope.ts";
import type { StagingTable } from "../source/staging-table.ts";
import type { FactTable } from "../source/warehouse-table.ts";

export const salesDaily: FactTable = {
  name: "sales_daily",
  day: "date",
  perturbation: {
    kind: "facts",
    changes: "sales",
    statements: [
      `DELETE FROM sales_daily WHERE date > $1::date AND ${third("store_id", "product_id")}`,
      `UPDATE sales_daily SET quantity = ${changed("quantity")}, total_amount = ${changed("total_amount")} WHERE date > $1::date`,
      `INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount, created_at, updated_at)
       SELECT $1::date + step, store_id, product_id, 997, 1, 997, '1970-01-01', '1970-01-01'
       FROM (${pairs}) AS pair
       CROSS JOIN ${nextDays}
       WHERE NOT EXISTS (
         SELECT FROM sales_daily AS sold
         WHERE sold.date = $1::date + step AND sold.store_id = pair.store_id AND sold.product_id = pair.product_id
       )`,
    ],
  },
};

/** The sales of the selected series up to the cutoff. Later sales do not leave the warehouse. */
export function stagedSales(scope: FrameScope): StagingTable {
  const amount = scope.spec.target === "total_amount";
  return {
    table: sales,
    columns: ["day", "store_id", "product_id", "quantity", ...(amount ? ["amount"] : [])],
    query: (where) => `
      SELECT ${daySql("date")}, store_id, product_id, quantity${
        amount ? ", (nullif(total_amount, 'NaN') * 100)::bigint" : ""
      }
      FROM sales_daily
      WHERE ${known(scope)} AND ${scope.ofProducts} AND ${where}`,
    day: "date",
  };
}

/** Which stores reported sales, if only some products are selected: a row of any product, even of 0, means that the store was open. */
export function stagedReported(scope: FrameScope): StagingTable[] {
  if (scope.ofProducts === "true") return [];
  const query = () => `
    SELECT DISTINCT ${daySql("date")}, store_id FROM sales_daily WHERE ${known(scope)}`;
  return [{ table: reported, query, day: null }];
}

const known = ({ cutoff, recorded, ofStores }: FrameScope) =>
  `${upToSql(cutoff)} AND ${recorded} AND ${ofStores}`;
