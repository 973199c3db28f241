import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { freshDatabase, rowsOf } from "../support/warehouse.ts";
import { exampleQueries } from "./support/queries.ts";

type Row = Record<string, unknown>;

/**
 * A store with a gap in its sales, a product with a chain and a store price, two promotions at once: what makes a
 * careless join return a sale twice and a careless lag look at the wrong day.
 */
describe("the example queries", async () => {
  const database = await freshDatabase();
  const run = (sql: string) => withClient(database, (client) => rowsOf<Row>(client, sql));
  await withClient(database, (client) =>
    client.query(`
      INSERT INTO store (code, name, region) VALUES ('S1', 'High Street', 'North'), ('S2', 'Station', 'South');
      INSERT INTO product (sku, name, category) VALUES ('P1', 'Milk', 'Dairy'), ('P2', 'Bread', NULL);
      INSERT INTO calendar (date, day_of_week, month, quarter, year)
      SELECT d, EXTRACT(ISODOW FROM d) - 1, EXTRACT(MONTH FROM d), EXTRACT(QUARTER FROM d), EXTRACT(YEAR FROM d)
      FROM generate_series(timestamp '2023-01-01', '2024-12-31', '1 day') AS d;

      -- S1 sells P1 in both years, but not on 8 March; S2 opens in 2024. The newest day is 15 March 2024.
      INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount) VALUES
        ('2023-02-01', 1, 1, 10, 2.00, 20.00),
        ('2023-06-01', 1, 1, 99, 2.00, 198.00),
        ('2024-03-07', 1, 1, 7, 2.00, 14.00),
        ('2024-03-09', 1, 1, 9, 2.00, 18.00),
        ('2024-03-15', 1, 1, 4, 1.50, 6.00),
        ('2024-03-15', 1, 2, 1, 3.00, 3.00),
        ('2024-03-15', 2, 1, 5, 2.00, 10.00);
      INSERT INTO price_history (product_id, store_id, price, valid_from, valid_to) VALUES
        (1, NULL, 2.20, '2023-01-01', NULL),
        (1, 1, 2.00, '2024-01-01', '2024-03-15'),
        (1, 1, 9.99, '2024-03-16', NULL);
      INSERT INTO promotion (product_id, store_id, name, discount_pct, start_date, end_date) VALUES
        (1, NULL, 'Spring', 0.10, '2024-03-10', '2024-03-20'),
        (1, 1, 'Weekend', 0.25, '2024-03-15', '2024-03-17');
      INSERT INTO inventory_snapshot_daily (date, store_id, product_id, on_hand_qty) VALUES
        ('2024-03-14', 1, 1, 0), ('2024-03-15', 1, 1, 3);
    `),
  );

  const [dailySales, weeklySales, topProducts, growth] = exampleQueries("kpi_sales") as [
    string,
    string,
    string,
    string,
  ];
  const [listPrice, promotions, inventory, features] = exampleQueries("exog_join") as [
    string,
    string,
    string,
    string,
  ];
  const rowOf = (rows: Row[], date: string, store: number, product: number) =>
    rows.filter((row) => row.date === date && row.store_id === store && row.product_id === product);

  test("there are four of key figures and four of joins", () => {
    expect([exampleQueries("kpi_sales").length, exampleQueries("exog_join").length]).toEqual([4, 4]);
  });

  test("daily sales by store", async () => {
    const rows = await run(dailySales);
    expect(rows).toHaveLength(4);
    expect(rows.at(-1)).toEqual({
      date: "2024-03-15",
      store_code: "S1",
      store_name: "High Street",
      products_sold: "2",
      total_units: "5",
      total_revenue: "9.00",
    });
  });

  test("weekly sales by category weigh the price by units and say how many days there were", async () => {
    expect(await run(weeklySales)).toEqual([
      {
        week_start: "2024-03-04",
        category: "Dairy",
        days: "2",
        total_units: "16",
        total_revenue: "32.00",
        avg_price: "2.00",
      },
      {
        week_start: "2024-03-11",
        category: "Dairy",
        days: "1",
        total_units: "9",
        total_revenue: "16.00",
        avg_price: "1.78",
      },
      {
        week_start: "2024-03-11",
        category: "(none)",
        days: "1",
        total_units: "1",
        total_revenue: "3.00",
        avg_price: "3.00",
      },
    ]);
  });

  test("top products of the last 30 days", async () => {
    expect(await run(topProducts)).toMatchObject([
      { revenue_rank: "1", sku: "P1", total_units: "25", total_revenue: "48.00" },
      { revenue_rank: "2", sku: "P2", total_units: "1", total_revenue: "3.00" },
    ]);
  });

  test("growth compares the same days of both years, and keeps a store without a year before", async () => {
    expect(await run(growth)).toEqual([
      {
        store_code: "S1",
        store_name: "High Street",
        current_year_revenue: "41.00",
        prior_year_revenue: "20.00",
        yoy_growth_pct: "105.00",
      },
      {
        store_code: "S2",
        store_name: "Station",
        current_year_revenue: "10.00",
        prior_year_revenue: "0",
        yoy_growth_pct: null,
      },
    ]);
  });

  test.for([
    ["list prices", listPrice],
    ["promotions", promotions],
    ["inventory", inventory],
    ["features", features],
  ])("joining %s keeps one row per day, store and product", async ([, query]) => {
    expect(await run(query as string)).toHaveLength(5);
  });

  test("the price of the store beats the chain's, and the window's last day still counts", async () => {
    const rows = await run(listPrice);
    expect(rowOf(rows, "2024-03-15", 1, 1)).toMatchObject([{ list_price: "2.00", discount_pct: "25.00" }]);
    expect(rowOf(rows, "2024-03-15", 2, 1)).toMatchObject([{ list_price: "2.20" }]);
    expect(rowOf(rows, "2024-03-15", 1, 2)).toMatchObject([{ list_price: null, discount_pct: null }]);
  });

  test("promotions of a day are one row with the deepest discount", async () => {
    const rows = await run(promotions);
    expect(rowOf(rows, "2024-03-15", 1, 1)).toMatchObject([
      { on_promotion: true, promotions: "2", promo_names: "Spring, Weekend", deepest_discount_pct: "0.2500" },
    ]);
    expect(rowOf(rows, "2024-03-07", 1, 1)).toMatchObject([{ on_promotion: false, promotions: "0" }]);
  });

  test("inventory tells low, out and unknown apart", async () => {
    const rows = await run(inventory);
    expect(rowOf(rows, "2024-03-15", 1, 1)).toMatchObject([
      { eod_inventory: 3, is_stockout: false, inventory_status: "LOW" },
    ]);
    expect(rowOf(rows, "2024-03-09", 1, 1)).toMatchObject([
      { eod_inventory: null, inventory_status: "UNKNOWN" },
    ]);
  });

  test("lags count days, not rows, and the day's own stock is no feature", async () => {
    const rows = await run(features);
    const of = (date: string) =>
      rows.find((row) => row.date === date && row.store_code === "S1" && row.sku === "P1");
    // 8 March has no row: the row before 9 March is of the 7th, yesterday sold nothing.
    expect(of("2024-03-09")).toMatchObject({
      quantity_lag_1: "0",
      quantity_lag_7: "0",
      quantity_mean_28: "0.250",
    });
    expect(of("2024-03-15")).toMatchObject({ quantity_lag_1: "0", stockout_lag_1: 1, on_hand_qty_lag_1: 0 });
    expect(of("2024-03-15")).toMatchObject({
      list_price: "2.00",
      promo_discount_pct: "0.2500",
      on_promotion: 1,
    });
  });
});
