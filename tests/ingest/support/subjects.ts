import { dayWithin, decimal, oneOf, orEmpty, type Subject, type Values, whole } from "./model.ts";

/* The tables of the random sequences of loads, as the model describes them. */

export const stores = ["S1", "S2", "S3"];
/** Enough for a month with thousands of rows that change. */
export const skus = ["A", "B", ...Array.from({ length: 58 }, (_, index) => `P${index}`)];
const days = dayWithin("2023-11-01", "2024-03-31");

const cents = (text: string | null | undefined) => Math.round(Number(text) * 100);
const total = (values: number[]) => values.reduce((a, b) => a + b, 0);

export const salesDaily: Subject = {
  table: "sales_daily",
  grain: ["date", "store_code", "sku"],
  columns: [
    { name: "date", read: days },
    { name: "store_code", read: oneOf(...stores) },
    { name: "sku", read: oneOf(...skus) },
    { name: "quantity", read: whole },
    { name: "unit_price", read: decimal(2) },
    { name: "total_amount", read: decimal(2) },
  ],
  sum: (rows) => {
    const quantity = total(rows.map((row) => Number(row.quantity)));
    const amount = total(rows.map((row) => cents(row.total_amount)));
    // The price of the sum, halves away from zero; the last price if nothing was sold.
    const price =
      quantity === 0 ? cents(rows.at(-1)?.unit_price) : Math.floor((2 * amount + quantity) / (2 * quantity));
    const [unit_price, total_amount] = [price, amount].map((value) => (value / 100).toFixed(2)) as [
      string,
      string,
    ];
    return { ...(rows.at(-1) as Values), quantity: String(quantity), unit_price, total_amount };
  },
  partitioned: true,
};

export const inventory: Subject = {
  table: "inventory_snapshot_daily",
  grain: ["date", "store_code", "sku"],
  columns: [
    { name: "date", read: days },
    { name: "store_code", read: oneOf(...stores) },
    { name: "sku", read: oneOf(...skus) },
    { name: "on_hand_qty", read: whole },
    { name: "on_order_qty", read: whole, absent: "0" },
  ],
  sum: (rows) => {
    const measures = ["on_hand_qty", "on_order_qty"].filter((name) => rows[0]?.[name] !== undefined);
    const sums = measures.map((name) => [name, String(total(rows.map((row) => Number(row[name]))))]);
    return { ...(rows[0] as Values), ...Object.fromEntries(sums) };
  },
  partitioned: true,
};

export const promotion: Subject = {
  table: "promotion",
  grain: ["sku", "store_code", "name", "start_date"],
  columns: [
    { name: "sku", read: oneOf(...skus) },
    { name: "store_code", read: orEmpty(oneOf(...stores)), absent: null },
    { name: "name", read: (text) => (text === "" ? undefined : text) },
    { name: "start_date", read: days },
    { name: "end_date", read: days },
    { name: "discount_pct", read: orEmpty(decimal(4)), absent: null },
    { name: "discount_amount", read: orEmpty(decimal(2)), absent: null },
  ],
  holds: ({ start_date, end_date, discount_pct }) =>
    (end_date ?? "") >= (start_date ?? "") && Number(discount_pct ?? 0) <= 1,
  partitioned: false,
};
