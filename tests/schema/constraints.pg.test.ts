import { describe, expect, test } from "vitest";
import { withClient } from "../../src/database/connection.ts";
import { freshDatabase, rowsOf, serverVersions } from "../support/warehouse.ts";

describe.for(serverVersions())(
  "the warehouse on PostgreSQL %s rejects inconsistent facts",
  async (server) => {
    const database = await freshDatabase({ server });

    await withClient(database, (client) =>
      client.query(`
      INSERT INTO store (code, name) VALUES ('S1', 'High Street'), ('S2', 'Station');
      INSERT INTO product (sku, name) VALUES ('P1', 'Milk 1 l');
      INSERT INTO calendar (date, day_of_week, month, quarter, year)
      SELECT d, EXTRACT(ISODOW FROM d) - 1, EXTRACT(MONTH FROM d), EXTRACT(QUARTER FROM d), EXTRACT(YEAR FROM d)
      FROM generate_series(timestamp '2024-01-01', '2024-03-31', '1 day') AS d;
    `),
    );

    /** Runs SQL in a transaction that is rolled back, so that all tests start with the same rows. Returns the last result. */
    const attempt = (sql: string) =>
      withClient(database, async (client) => {
        await client.query("BEGIN");
        try {
          const results = await client.query(sql);
          return (Array.isArray(results) ? results : [results]).at(-1)?.rows ?? [];
        } finally {
          await client.query("ROLLBACK");
        }
      });

    /** The constraint, or else the message, with which PostgreSQL rejects some SQL. */
    const rejectedBy = async (sql: string) => {
      const failure = await attempt(sql).then(
        () => "nothing",
        (error) => error.cause?.constraint ?? error.cause?.message ?? String(error),
      );
      return failure as string;
    };

    const ledger = (counts: string, finished = "now()") =>
      `INSERT INTO load_run (
       table_name, files, mapping_sha256, created, months, version, source_rows, filtered, read, inserted, updated,
       unchanged, duplicates, rejected, started_at, finished_at
     ) VALUES ('sales_daily', '[]', 'x', '{}', '[]', '0', ${counts}, now(), ${finished});`;
    const sale = (values: string) =>
      `INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount) VALUES ${values};`;
    const stock = (values: string) =>
      `INSERT INTO inventory_snapshot_daily (date, store_id, product_id, on_hand_qty, on_order_qty) VALUES ${values};`;
    const price = (values: string) =>
      `INSERT INTO price_history (product_id, store_id, price, valid_from, valid_to) VALUES ${values};`;
    const promotion = (values: string) =>
      `INSERT INTO promotion (product_id, store_id, name, discount_pct, discount_amount, start_date, end_date) VALUES ${values};`;
    const line = (values: string) =>
      `INSERT INTO sales_txn (date, store_id, product_id, txn_id, line_no, quantity, unit_price, total_amount) VALUES ${values};`;
    const weather = (columns: string, values: string) =>
      `INSERT INTO weather_daily (date, store_id, ${columns}) VALUES ('2024-01-01', 1, ${values});`;
    const traffic = (values: string) =>
      `INSERT INTO traffic_daily (date, store_id, visitors) VALUES ${values};`;

    const inconsistent: Record<string, [string, RegExp]> = {
      "a second row for one day, store and product": [
        sale("('2024-01-15', 1, 1, 1, 1, 1), ('2024-01-15', 1, 1, 2, 1, 2)"),
        /^(uq_sales_daily_grain|sales_daily_default_date_store_id_product_id_key)$/,
      ],
      "a sale in a store that does not exist": [
        sale("('2024-01-15', 9, 1, 1, 1, 1)"),
        /^fk_sales_daily_store$/,
      ],
      "a sale of a product that does not exist": [
        sale("('2024-01-15', 1, 9, 1, 1, 1)"),
        /^fk_sales_daily_product$/,
      ],
      "a sale on a day that is not in the calendar": [
        sale("('2025-01-15', 1, 1, 1, 1, 1)"),
        /^fk_sales_daily_calendar$/,
      ],
      "a negative quantity": [sale("('2024-01-15', 1, 1, -1, 1, 1)"), /^ck_sales_daily_quantity_positive$/],
      "a negative unit price": [sale("('2024-01-15', 1, 1, 1, -1, 1)"), /^ck_sales_daily_price_positive$/],
      "a negative amount": [sale("('2024-01-15', 1, 1, 1, 1, -1)"), /^ck_sales_daily_amount_positive$/],
      "a second snapshot for one day, store and product": [
        stock("('2024-01-15', 1, 1, 1, 1), ('2024-01-15', 1, 1, 2, 1)"),
        /^(uq_inventory_snapshot_daily_grain|inventory_snapshot_daily_default_date_store_id_product_id_key)$/,
      ],
      "stock of a product that does not exist": [
        stock("('2024-01-15', 1, 9, 1, 1)"),
        /^fk_inventory_snapshot_daily_product$/,
      ],
      "stock in a store that does not exist": [
        stock("('2024-01-15', 9, 1, 1, 1)"),
        /^fk_inventory_snapshot_daily_store$/,
      ],
      "stock on a day that is not in the calendar": [
        stock("('2025-01-15', 1, 1, 1, 1)"),
        /^fk_inventory_snapshot_daily_calendar$/,
      ],
      "negative stock": [stock("('2024-01-15', 1, 1, -1, 1)"), /^ck_inventory_on_hand_positive$/],
      "negative stock on order": [stock("('2024-01-15', 1, 1, 1, -1)"), /^ck_inventory_on_order_positive$/],
      "a stockout that contradicts the stock": [
        `INSERT INTO inventory_snapshot_daily (date, store_id, product_id, on_hand_qty, is_stockout)
       VALUES ('2024-01-15', 1, 1, 5, true)`,
        /cannot insert a non-DEFAULT value into column "is_stockout"/,
      ],
      "a negative price": [price("(1, 1, -1, '2024-01-01', NULL)"), /^ck_price_history_price_positive$/],
      "a price window that ends before it starts": [
        price("(1, 1, 1, '2024-01-02', '2024-01-01')"),
        /^ck_price_history_valid_dates$/,
      ],
      "two prices of a store on one day": [
        price("(1, 1, 1, '2024-01-01', '2024-01-10'), (1, 1, 2, '2024-01-10', NULL)"),
        /^ex_price_history_no_overlap$/,
      ],
      "two prices of the chain on one day": [
        price("(1, NULL, 1, '2024-01-01', NULL), (1, NULL, 2, '2024-02-01', NULL)"),
        /^ex_price_history_no_overlap$/,
      ],
      "a price of a product that does not exist": [
        price("(9, 1, 1, '2024-01-01', NULL)"),
        /^fk_price_history_product$/,
      ],
      "a price in a store that does not exist": [
        price("(1, 9, 1, '2024-01-01', NULL)"),
        /^fk_price_history_store$/,
      ],
      "a promotion that ends before it starts": [
        promotion("(1, 1, 'x', 0.1, NULL, '2024-01-02', '2024-01-01')"),
        /^ck_promotion_valid_dates$/,
      ],
      "a discount of more than 100 %": [
        promotion("(1, 1, 'x', 1.5, NULL, '2024-01-01', '2024-01-01')"),
        /^ck_promotion_discount_pct_range$/,
      ],
      "a negative discount fraction": [
        promotion("(1, 1, 'x', -0.1, NULL, '2024-01-01', '2024-01-01')"),
        /^ck_promotion_discount_pct_range$/,
      ],
      "a negative discount amount": [
        promotion("(1, 1, 'x', NULL, -1, '2024-01-01', '2024-01-01')"),
        /^ck_promotion_discount_amount_positive$/,
      ],
      "a promotion of a product that does not exist": [
        promotion("(9, 1, 'x', 0.1, NULL, '2024-01-01', '2024-01-01')"),
        /^fk_promotion_product$/,
      ],
      "a promotion in a store that does not exist": [
        promotion("(1, 9, 'x', 0.1, NULL, '2024-01-01', '2024-01-01')"),
        /^fk_promotion_store$/,
      ],
      "a negative base price": ["UPDATE product SET base_price = -1", /^ck_product_base_price_positive$/],
      "a negative base cost": ["UPDATE product SET base_cost = -1", /^ck_product_base_cost_positive$/],
      "a second store with the same code": [
        "INSERT INTO store (code, name) VALUES ('S1', 'x')",
        /^ix_store_code$/,
      ],
      "a second product with the same SKU": [
        "INSERT INTO product (sku, name) VALUES ('P1', 'x')",
        /^ix_product_sku$/,
      ],
      "a day of the week above 6": [
        "UPDATE calendar SET day_of_week = 7",
        /^ck_calendar_day_of_week(_of_date)?$/,
      ],
      "a day of the week that is not that of the date": [
        "UPDATE calendar SET day_of_week = (day_of_week + 1) % 7",
        /^ck_calendar_day_of_week_of_date$/,
      ],
      "a month above 12": ["UPDATE calendar SET month = 13", /^ck_calendar_month(_of_date)?$/],
      "a month that is not that of the date": [
        "UPDATE calendar SET month = month + 1",
        /^ck_calendar_month_of_date$/,
      ],
      "a quarter above 4": ["UPDATE calendar SET quarter = 5", /^ck_calendar_quarter(_of_date)?$/],
      "a quarter that is not that of the date": [
        "UPDATE calendar SET quarter = 2",
        /^ck_calendar_quarter_of_date$/,
      ],
      "a year that is not that of the date": [
        "UPDATE calendar SET year = 2023",
        /^ck_calendar_year_of_date$/,
      ],
      "a line number below 1": [
        line("('2024-01-15', 1, 1, 'T', 0, 1, 1, 1)"),
        /^ck_sales_txn_line_no_positive$/,
      ],
      "a negative price on a line": [
        line("('2024-01-15', 1, 1, 'T', 1, 1, -1, 1)"),
        /^ck_sales_txn_price_positive$/,
      ],
      "a return with a positive amount": [
        line("('2024-01-15', 1, 1, 'T', 1, -1, 1, 1)"),
        /^ck_sales_txn_amount_sign$/,
      ],
      "a second line with the same number": [
        line("('2024-01-15', 1, 1, 'T', 1, 1, 1, 1), ('2024-01-15', 1, 1, 'T', 1, 2, 1, 2)"),
        /^(uq_sales_txn_grain|sales_txn_default_date_store_id_txn_id_line_no_key)$/,
      ],
      "a line in a store that does not exist": [
        line("('2024-01-15', 9, 1, 'T', 1, 1, 1, 1)"),
        /^fk_sales_txn_store$/,
      ],
      "a line of a product that does not exist": [
        line("('2024-01-15', 1, 9, 'T', 1, 1, 1, 1)"),
        /^fk_sales_txn_product$/,
      ],
      "a line on a day that is not in the calendar": [
        line("('2025-01-15', 1, 1, 'T', 1, 1, 1, 1)"),
        /^fk_sales_txn_calendar$/,
      ],
      "a minimum temperature above the maximum": [
        weather("temperature_min_c, temperature_max_c", "5, 4"),
        /^ck_weather_daily_temperature_order$/,
      ],
      "negative precipitation": [
        weather("precipitation_mm", "-1"),
        /^ck_weather_daily_precipitation_positive$/,
      ],
      "humidity above 100": [weather("humidity_avg_pct", "101"), /^ck_weather_daily_humidity_range$/],
      "wind above the Beaufort scale": [weather("wind_beaufort", "13"), /^ck_weather_daily_wind_range$/],
      "two weather rows for one day and store": [
        weather("humidity_avg_pct", "1") + weather("humidity_avg_pct", "2"),
        /^uq_weather_daily_grain$/,
      ],
      "weather in a store that does not exist": [
        "INSERT INTO weather_daily (date, store_id) VALUES ('2024-01-01', 9)",
        /^fk_weather_daily_store$/,
      ],
      "weather on a day that is not in the calendar": [
        "INSERT INTO weather_daily (date, store_id) VALUES ('2025-01-01', 1)",
        /^fk_weather_daily_calendar$/,
      ],
      "negative visitors": [traffic("('2024-01-01', 1, -1)"), /^ck_traffic_daily_visitors_positive$/],
      "two traffic rows for one day and store": [
        traffic("('2024-01-01', 1, 1), ('2024-01-01', 1, 2)"),
        /^uq_traffic_daily_grain$/,
      ],
      "visitors of a store that does not exist": [
        traffic("('2024-01-01', 9, 1)"),
        /^fk_traffic_daily_store$/,
      ],
      "a load that does not account for a row it read": [
        ledger("3, 1, 2, 1, 0, 0, 0, 0"),
        /^ck_load_run_identity$/,
      ],
      "a load that read more rows than the files have": [
        ledger("3, 0, 2, 2, 0, 0, 0, 0"),
        /^ck_load_run_source_rows$/,
      ],
      "a load that finished before it started": [
        ledger("0, 0, 0, 0, 0, 0, 0, 0", "now() - interval '1 second'"),
        /^ck_load_run_times$/,
      ],
      "visitors on a day that is not in the calendar": [
        traffic("('2025-01-01', 1, 1)"),
        /^fk_traffic_daily_calendar$/,
      ],
    };

    test.for(Object.entries(inconsistent))("%s", async ([, [sql, constraint]]) => {
      expect(await rejectedBy(sql)).toMatch(constraint);
    });

    test("every check, key and exclusion constraint of the warehouse rejects one of these facts", async () => {
      const names: { conname: string }[] = await attempt(`
      SELECT conname FROM pg_constraint
      WHERE conrelid IN (SELECT oid FROM pg_class WHERE NOT relispartition AND relnamespace = 'public'::regnamespace)
        AND contype IN ('c', 'f', 'u', 'x')
    `);
      const patterns = Object.values(inconsistent).map(([, pattern]) => pattern);
      const untested = names
        .map((row): string => row.conname)
        .filter((name) => !patterns.some((p) => p.test(name)));
      expect(untested).toEqual([]);
    });

    test("a stockout follows from the stock", async () => {
      const rows = await attempt(`${stock("('2024-01-15', 1, 1, 0, 5), ('2024-01-16', 1, 1, 3, 0)")}
      SELECT date, is_stockout FROM inventory_snapshot_daily ORDER BY date`);
      expect(rows).toEqual([
        { date: "2024-01-15", is_stockout: true },
        { date: "2024-01-16", is_stockout: false },
      ]);
    });

    test("windows that touch but do not overlap, and a price of a store besides that of the chain, are accepted", async () => {
      const rows = await attempt(
        `${price(
          "(1, 1, 1, '2024-01-01', '2024-01-09'), (1, 1, 2, '2024-01-10', NULL), (1, NULL, 3, '2024-01-01', NULL), (1, 2, 4, '2024-01-01', NULL)",
        )} SELECT count(*)::int AS n FROM price_history`,
      );
      expect(rows).toEqual([{ n: 4 }]);
    });

    test("the boundary between two windows can be moved in one transaction", async () => {
      const rows = await attempt(`
      ${price("(1, 1, 1, '2024-01-01', '2024-01-09'), (1, 1, 2, '2024-01-10', NULL)")}
      SET CONSTRAINTS ex_price_history_no_overlap DEFERRED;
      UPDATE price_history SET valid_to = '2024-01-19' WHERE price = 1;
      UPDATE price_history SET valid_from = '2024-01-20' WHERE price = 2;
      SET CONSTRAINTS ex_price_history_no_overlap IMMEDIATE;
      SELECT count(*)::int AS n FROM price_history`);
      expect(rows).toEqual([{ n: 2 }]);
    });

    test("rows of months without a partition go to the default partition and get an id", async () => {
      const rows = await attempt(`${sale("('2024-01-15', 1, 1, 1, 1, 1), ('2024-03-15', 1, 1, 1, 1, 1)")}
      SELECT tableoid::regclass::text AS partition, id IS NOT NULL AS has_id FROM sales_daily`);
      expect(rows).toEqual([
        { partition: "sales_daily_default", has_id: true },
        { partition: "sales_daily_default", has_id: true },
      ]);
    });

    test("updated_at is set by an update, unless the update sets it itself", async () => {
      const rows = await withClient(database, async (client) => {
        await client.query("UPDATE store SET city = 'Leeds', updated_at = '2030-01-01Z' WHERE code = 'S2'");
        await client.query("UPDATE store SET city = 'York' WHERE code = 'S1'");
        return rowsOf(
          client,
          "SELECT code, updated_at > created_at AS moved, updated_at = '2030-01-01Z' AS set FROM store ORDER BY code",
        );
      });
      expect(rows).toEqual([
        { code: "S1", moved: true, set: false },
        { code: "S2", moved: true, set: true },
      ]);
    });
  },
);
