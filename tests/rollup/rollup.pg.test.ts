import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Client, withClient } from "../../src/database/connection.ts";
import { type NetNegativePolicy, rollUp } from "../../src/rollup/index.ts";
import { freshDatabase, rowsOf, serverVersions } from "../support/warehouse.ts";

interface Line {
  date: string;
  product: number;
  quantity: number;
  /** Price of a unit in cents, so that the model computes with whole numbers. */
  cents: number;
}

const decimal = (cents: number) => (cents / 100).toFixed(2);

describe.for(serverVersions())("rolling transactions up to days on PostgreSQL %s", async (server) => {
  const database = await freshDatabase({ server });
  const connect = <T>(work: (client: Client) => Promise<T>) => withClient(database, work);

  await connect((client) =>
    client.query(`
      INSERT INTO store (code, name) VALUES ('S1', 'High Street');
      INSERT INTO product (sku, name) VALUES ('P1', 'Milk'), ('P2', 'Bread');
      INSERT INTO calendar (date, day_of_week, month, quarter, year)
      SELECT d, EXTRACT(ISODOW FROM d) - 1, EXTRACT(MONTH FROM d), EXTRACT(QUARTER FROM d), EXTRACT(YEAR FROM d)
      FROM generate_series(timestamp '2024-01-01', '2024-03-31', '1 day') AS d;
    `),
  );

  /** Empties both tables, and inserts these lines of store S1. */
  const sell = (lines: Line[]) =>
    connect(async (client) => {
      await client.query("TRUNCATE sales_txn, sales_daily");
      for (const [index, { date, product, quantity, cents }] of lines.entries()) {
        await client.query(
          `INSERT INTO sales_txn (date, store_id, product_id, txn_id, line_no, quantity, unit_price, total_amount)
           VALUES ($1, 1, $2, 'T', $3, $4, $5, $6)`,
          [date, product, index + 1, quantity, decimal(cents), decimal(quantity * cents)],
        );
      }
    });
  const roll = (options: { from?: string; to?: string; onNetNegative?: NetNegativePolicy } = {}) =>
    rollUp(database, options);
  const days = () =>
    connect((client) =>
      rowsOf<Record<string, unknown>>(
        client,
        `SELECT date, product_id, quantity, unit_price, total_amount FROM sales_daily ORDER BY date, product_id`,
      ),
    );

  test("a day is the net of its sales and returns, at the price of the units sold", async () => {
    await sell([
      { date: "2024-01-15", product: 1, quantity: 6, cents: 200 },
      { date: "2024-01-15", product: 1, quantity: 4, cents: 250 },
      { date: "2024-01-15", product: 1, quantity: -1, cents: 500 },
      { date: "2024-01-16", product: 1, quantity: 1, cents: 200 },
    ]);
    expect(await roll()).toMatchObject({
      from: "2024-01-15",
      to: "2024-01-16",
      transaction_lines: 4,
      days: 2,
      inserted: 2,
      net: { quantity: "10", total_amount: "19.00" },
      zeroed: { quantity: "0", total_amount: "0.00" },
      net_negative_days: [],
    });
    expect(await days()).toEqual([
      { date: "2024-01-15", product_id: 1, quantity: 9, unit_price: "2.20", total_amount: "17.00" },
      { date: "2024-01-16", product_id: 1, quantity: 1, unit_price: "2.00", total_amount: "2.00" },
    ]);
  });

  test("a second run writes nothing; a late line changes its own day only", async () => {
    expect(await roll()).toMatchObject({ inserted: 0, updated: 0, unchanged: 2 });
    await connect((client) =>
      client.query(`INSERT INTO sales_txn (date, store_id, product_id, txn_id, line_no, quantity, unit_price, total_amount)
                    VALUES ('2024-01-16', 1, 1, 'late', 1, 2, 2.00, 4.00)`),
    );
    expect(await roll()).toMatchObject({ inserted: 0, updated: 1, unchanged: 1 });
  });

  const returned: Line[] = [
    { date: "2024-01-15", product: 1, quantity: 2, cents: 300 },
    { date: "2024-01-15", product: 2, quantity: 1, cents: 100 },
    { date: "2024-01-15", product: 2, quantity: -4, cents: 100 },
  ];

  test("a day with more returned than sold is written as 0, and the difference is reported", async () => {
    await sell(returned);
    expect(await roll()).toMatchObject({
      net: { quantity: "-1", total_amount: "3.00" },
      zeroed: { quantity: "3", total_amount: "3.00" },
      net_negative_days: [
        { date: "2024-01-15", store_code: "S1", sku: "P2", quantity: "-3", total_amount: "-3.00" },
      ],
    });
    expect(await days()).toMatchObject([
      { quantity: 2 },
      { quantity: 0, unit_price: "1.00", total_amount: "0.00" },
    ]);
  });

  test("under the policy reject such a day ends the rollup, and nothing is written", async () => {
    await sell(returned);
    await expect(roll({ onNetNegative: "reject" })).rejects.toMatchObject({
      code: "ROLLUP_NET_NEGATIVE",
      exitCode: 3,
      message: expect.stringContaining("2024-01-15, store S1, P2: -3 units"),
    });
    expect(await days()).toEqual([]);
  });

  test("units and amounts are raised to 0 independently", async () => {
    await sell([
      { date: "2024-01-15", product: 1, quantity: 1, cents: 10_000 },
      { date: "2024-01-15", product: 1, quantity: -2, cents: 1_000 },
    ]);
    expect(await roll()).toMatchObject({ zeroed: { quantity: "1", total_amount: "0.00" } });
    expect(await days()).toMatchObject([{ quantity: 0, total_amount: "80.00", unit_price: "100.00" }]);
  });

  test("a range changes no other day, and rows without transactions stay as they are", async () => {
    await sell([
      { date: "2024-01-31", product: 1, quantity: 1, cents: 100 },
      { date: "2024-02-01", product: 1, quantity: 1, cents: 100 },
      { date: "2024-03-01", product: 1, quantity: 1, cents: 100 },
    ]);
    await connect((client) =>
      client.query(`INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
                    VALUES ('2024-02-10', 1, 2, 7, 1, 7)`),
    );
    expect(await roll({ from: "2024-02-01", to: "2024-02-29" })).toMatchObject({
      inserted: 1,
      without_transactions: 1,
    });
    expect(await days()).toMatchObject([{ date: "2024-02-01" }, { date: "2024-02-10", quantity: 7 }]);
  });

  test("each month gets its partition, and its rows in the default partition move there", async () => {
    await connect(async (client) => {
      expect(
        await rowsOf(client, "SELECT DISTINCT tableoid::regclass::text AS p FROM sales_daily ORDER BY p"),
      ).toEqual([{ p: "sales_daily_2024_02" }]);
      await client.query(`INSERT INTO calendar (date, day_of_week, month, quarter, year) VALUES ('2024-04-30', 1, 4, 2, 2024);
        INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount) VALUES ('2024-04-30', 1, 2, 7, 1, 7);
        INSERT INTO sales_txn (date, store_id, product_id, txn_id, line_no, quantity, unit_price, total_amount) VALUES ('2024-04-30', 1, 1, 'A', 1, 1, 1, 1)`);
      const [waiting] = await rowsOf<{ p: string; id: string }>(
        client,
        "SELECT tableoid::regclass::text AS p, id FROM sales_daily WHERE date = '2024-04-30'",
      );
      await rollUp(database, { from: "2024-04-01" });
      expect(waiting?.p).toBe("sales_daily_default");
      expect(
        await rowsOf(client, "SELECT tableoid::regclass::text AS p FROM sales_daily WHERE id = $1", [
          waiting?.id,
        ]),
      ).toEqual([{ p: "sales_daily_2024_04" }]);
    });
  });

  test("no error if there are no transactions", async () => {
    await sell([]);
    expect(await roll()).toMatchObject({ from: null, to: null, days: 0, inserted: 0 });
  });

  test("net of the transactions + zeroed = sum of sales_daily, for any transactions", async () => {
    const line = fc.record({
      date: fc.constantFrom("2024-01-31", "2024-02-01", "2024-02-29"),
      product: fc.constantFrom(1, 2),
      quantity: fc.integer({ min: -5, max: 5 }),
      cents: fc.constantFrom(0, 1, 99, 12_345),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
        await sell(lines);
        const rollup = await roll();
        const stored = await days();
        const cents = (text: unknown) => Math.round(Number(text) * 100);
        const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
        expect(sum(stored.map((day) => Number(day.quantity)))).toBe(
          sum(lines.map(({ quantity }) => quantity)) + Number(rollup.zeroed.quantity),
        );
        expect(sum(stored.map((day) => cents(day.total_amount)))).toBe(
          sum(lines.map(({ quantity, cents }) => quantity * cents)) + cents(rollup.zeroed.total_amount),
        );
        expect(stored).toHaveLength(new Set(lines.map(({ date, product }) => `${date} ${product}`)).size);
        expect(rollup.inserted + rollup.updated + rollup.unchanged).toBe(rollup.days);
      }),
      { numRuns: 40 },
    );
  });
});
