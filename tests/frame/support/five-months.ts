import type { Database } from "../../../src/database/connection.ts";
import { query } from "../../ingest/support/load.ts";

/** Two stores and three products from January to May 2024: sales, inventory, prices, promotions, holidays, traffic and weather. */
export async function fillFiveMonths(database: Database): Promise<void> {
  await query(
    database,
    `
    INSERT INTO store (code, name, region) VALUES ('S1', 'One', 'North'), ('S2', 'Two', NULL);
    INSERT INTO product (sku, name, base_price) VALUES ('A', 'Apple', 2), ('B', 'Bread', 3), ('C', 'Cake', NULL);
    INSERT INTO calendar (date, day_of_week, month, quarter, year, is_holiday, holiday_name)
    SELECT d, extract(isodow FROM d) - 1, extract(month FROM d), extract(quarter FROM d), extract(year FROM d),
      extract(day FROM d) = 20, CASE WHEN extract(day FROM d) = 20 THEN 'The 20th' END
    FROM generate_series(date '2024-01-01', date '2024-05-31', interval '1 day') AS d;
    INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
    SELECT date, store.id, product.id, (date - date '2024-01-01') * (store.id + product.id) % 11, 1, 1
    FROM calendar, store, product
    WHERE date <= '2024-04-20' AND (date - date '2024-01-01' + product.id) % 4 > 0;
    INSERT INTO inventory_snapshot_daily (date, store_id, product_id, on_hand_qty)
    SELECT date, store.id, product.id, (date - date '2024-01-01') * (store.id + 2 * product.id) % 9
    FROM calendar, store, product
    WHERE date <= '2024-04-30';
    INSERT INTO price_history (product_id, store_id, price, valid_from, valid_to)
    SELECT product.id, NULL, product.id + month, make_date(2024, month, 1),
      CASE WHEN month < 5 THEN make_date(2024, month, 25) END
    FROM product, generate_series(1, 5) AS month;
    INSERT INTO price_history (product_id, store_id, price, valid_from, valid_to)
    SELECT product.id, store.id, product.id, '2024-02-10', '2024-04-10' FROM product, store WHERE store.code = 'S1';
    INSERT INTO promotion (product_id, store_id, name, discount_pct, discount_amount, start_date, end_date)
    SELECT product.id, store.id, 'of ' || month, 0.1 * month, NULL, make_date(2024, month, 28), make_date(2024, month, 28) + 9
    FROM product, store, generate_series(1, 4) AS month;
    INSERT INTO traffic_daily (date, store_id, visitors)
    SELECT date, store.id, (date - date '2024-01-01') * 7 % 100 FROM calendar, store WHERE date <= '2024-04-30';
    INSERT INTO weather_daily (date, store_id, temperature_avg_c, precipitation_mm)
    SELECT date, store.id, (date - date '2024-01-01') % 30, 1.5 FROM calendar, store WHERE date <= '2024-04-30'
    `,
  );
}
