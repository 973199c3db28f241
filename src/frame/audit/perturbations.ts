/* What is done to a scratch copy: everything later than a day changed beyond recognition, a third of it deleted, and new rows added. */

export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** A third of the rows, the same in every run. */
const third = (...columns: string[]) => `(${columns.join(" + ")} + (date - DATE '1970-01-01')) % 3 = 0`;

/** Another number, which fits wherever the number did. */
const changed = (column: string) => `CASE WHEN ${column} < 1000 THEN ${column} * 3 + 7 ELSE 3 END`;

/** Stores and products to add rows for: those that were sold, and some that never were. */
const pairs = `
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

/** $1 + 1 to $1 + 3. */
const nextDays = "generate_series(1, 3) AS step";

/** Sales, inventory, traffic and weather later than a day. */
export function factsAfter(date: string): Statement[] {
  return [
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
    `DELETE FROM inventory_snapshot_daily WHERE date > $1::date AND ${third("store_id", "product_id")}`,
    `UPDATE inventory_snapshot_daily
     SET on_hand_qty = CASE WHEN on_hand_qty = 0 THEN 499 ELSE 0 END, on_order_qty = ${changed("on_order_qty")}
     WHERE date > $1::date`,
    `INSERT INTO inventory_snapshot_daily (date, store_id, product_id, on_hand_qty, on_order_qty, created_at, updated_at)
     SELECT $1::date + step, store_id, product_id, 0, 487, '1970-01-01', '1970-01-01'
     FROM (${pairs}) AS pair
     CROSS JOIN ${nextDays}
     WHERE NOT EXISTS (
       SELECT FROM inventory_snapshot_daily AS known
       WHERE known.date = $1::date + step AND known.store_id = pair.store_id AND known.product_id = pair.product_id
     )`,
    `DELETE FROM traffic_daily WHERE date > $1::date AND ${third("store_id")}`,
    `UPDATE traffic_daily SET visitors = ${changed("visitors")} WHERE date > $1::date`,
    `INSERT INTO traffic_daily (date, store_id, visitors, created_at, updated_at)
     SELECT $1::date + step, store.id, 467, '1970-01-01', '1970-01-01'
     FROM store
     CROSS JOIN ${nextDays}
     WHERE NOT EXISTS (
       SELECT FROM traffic_daily AS known WHERE known.date = $1::date + step AND known.store_id = store.id
     )`,
    `DELETE FROM weather_daily WHERE date > $1::date AND ${third("store_id")}`,
    `UPDATE weather_daily
     SET temperature_avg_c = coalesce(temperature_avg_c, 0) + 17, temperature_min_c = coalesce(temperature_min_c, 0) + 13,
       temperature_max_c = coalesce(temperature_max_c, 0) + 19, precipitation_mm = ${changed("coalesce(precipitation_mm, 0)")},
       humidity_avg_pct = 100 - coalesce(humidity_avg_pct, 0), wind_beaufort = 12 - coalesce(wind_beaufort, 0)
     WHERE date > $1::date`,
    `INSERT INTO weather_daily (date, store_id, temperature_avg_c, precipitation_mm, created_at, updated_at)
     SELECT $1::date + step, store.id, -40, 461, '1970-01-01', '1970-01-01'
     FROM store
     CROSS JOIN ${nextDays}
     WHERE NOT EXISTS (
       SELECT FROM weather_daily AS known WHERE known.date = $1::date + step AND known.store_id = store.id
     )`,
  ].map((sql) => ({ sql, values: [date] }));
}

/** Prices and promotions that start later than a day; of those that have begun, the end where it is later. */
export function plansAfter(date: string): Statement[] {
  return [
    `DELETE FROM price_history WHERE valid_from > $1::date AND (product_id + coalesce(store_id, 0)) % 3 = 0`,
    `UPDATE price_history SET price = ${changed("price")} WHERE valid_from > $1::date`,
    // Earlier ends only: later ones could meet the next window.
    `UPDATE price_history SET valid_to = $1::date + 1 WHERE valid_from <= $1::date AND coalesce(valid_to, 'infinity') > $1::date`,
    `INSERT INTO price_history (product_id, store_id, price, valid_from, valid_to, created_at, updated_at)
     SELECT product_id, store_id, 449, $1::date + 2, NULL, '1970-01-01', '1970-01-01'
     FROM (${pairs}) AS pair
     WHERE NOT EXISTS (
       SELECT FROM price_history AS known
       WHERE known.store_id = pair.store_id AND known.product_id = pair.product_id
         AND coalesce(known.valid_to, 'infinity') >= $1::date + 2
     )`,
    `DELETE FROM promotion WHERE start_date > $1::date AND (product_id + coalesce(store_id, 0)) % 3 = 0`,
    `UPDATE promotion SET discount_pct = 1 - coalesce(discount_pct, 0), discount_amount = ${changed("coalesce(discount_amount, 0)")}
     WHERE start_date > $1::date`,
    `UPDATE promotion SET end_date = $1::date + 5 WHERE start_date <= $1::date AND end_date > $1::date`,
    `INSERT INTO promotion (product_id, store_id, name, discount_pct, start_date, end_date, created_at, updated_at)
     SELECT id, NULL, 'of the audit', 0.97, $1::date + 1, $1::date + 400, '1970-01-01', '1970-01-01' FROM product`,
  ].map((sql) => ({ sql, values: [date] }));
}

/** Holidays later than a day: those that are, are not, and every other day is one. */
export function holidaysAfter(date: string): Statement[] {
  return [
    {
      sql: `
        UPDATE calendar
        SET is_holiday = NOT is_holiday AND (date - DATE '1970-01-01') % 2 = 0, holiday_name = 'of the audit'
        WHERE date > $1::date`,
      values: [date],
    },
  ];
}
