import { type Client, type Database, withAbortableClient, withTransaction } from "../database/connection.ts";
import { lockMonths } from "../database/locks.ts";
import { ensureMonthPartitions } from "../database/partitions.ts";
import { fail } from "../errors.ts";
import * as kinds from "../system/arguments.ts";
import { requireRange } from "../system/dates.ts";

/**
 * What happens to a day on which more was returned than sold, because `sales_daily` forbids negative measures:
 * - `zero`: the negative measure is written as 0, and the difference is reported
 * - `reject`: nothing at all is written as long as there is such a day
 */
export const netNegativePolicies = ["zero", "reject"] as const;
export type NetNegativePolicy = (typeof netNegativePolicies)[number];

/** Grain: one per date, store and product with a net quantity or net amount below zero. */
export interface NetNegativeDay {
  readonly date: string;
  readonly store_code: string;
  readonly sku: string;
  /** Net units of the transactions, as an exact decimal. */
  readonly quantity: string;
  /** Net amount of the transactions, as an exact decimal. */
  readonly total_amount: string;
}

export interface RollUpOptions {
  /** First day, YYYY-MM-DD; default: that of the first transaction. */
  readonly from?: string | undefined;
  /** Last day, YYYY-MM-DD, included; default: that of the last transaction. */
  readonly to?: string | undefined;
  /** What happens to a day on which more was returned than sold; default `zero`. */
  readonly onNetNegative?: NetNegativePolicy | undefined;
  /** Ends the rollup when it is aborted, with nothing written; default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** What a rollup did. */
export interface Rollup {
  /** First and last day; null if there are no transactions and the option was not given. */
  readonly from: string | null;
  readonly to: string | null;
  /** Lines of `sales_txn` in the range. */
  readonly transaction_lines: number;
  /** Rows of `sales_daily` they make: inserted + updated + unchanged. */
  readonly days: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Rows of `sales_daily` in the range that have no transaction; they stay as they are. */
  readonly without_transactions: number;
  /** Net of all transactions of the range, as exact decimals. */
  readonly net: Measures;
  /** By how much the policy `zero` raised them: net + zeroed = the sum in `sales_daily`. */
  readonly zeroed: Measures;
  readonly net_negative_days: readonly NetNegativeDay[];
}

interface Measures {
  readonly quantity: string;
  readonly total_amount: string;
}

/**
 * Sums `sales_txn` to `sales_daily` (grain: date, store, product). Quantity and amount are net of returns. The unit price is
 * that of the units sold: amount / quantity over the lines with a positive quantity, to 2 decimals. Returns at the price of
 * another day would distort it; only if a day has nothing but returns, it is their price. Rows that do not change are not
 * written.
 *
 * @returns how many rows were inserted, updated and left unchanged, the net sums, and the days with negative ones
 * @throws DATE_INVALID, DATE_RANGE_INVALID, ROLLUP_NET_NEGATIVE under the policy `reject`, SCHEMA_MISSING and errors of the
 * connection; the signal's reason when it is aborted
 *
 * @example
 * import { databaseOf, rollUp } from "forecastlab";
 *
 * const warehouse = databaseOf("postgresql://postgres@localhost/warehouse");
 * const rollup = await rollUp(warehouse, { from: "2024-01-01", to: "2024-01-31", onNetNegative: "reject" });
 * console.log(rollup.days, rollup.net.quantity, rollup.net.total_amount);
 */
export async function rollUp(database: Database, options: RollUpOptions = {}): Promise<Rollup> {
  kinds.requireArguments(
    "rollUp",
    { database, options },
    { database: kinds.database, options: kinds.object },
  );
  kinds.requireArguments("rollUp", options, {
    "from?": kinds.day,
    "to?": kinds.day,
    "onNetNegative?": kinds.oneOf(netNegativePolicies),
    "signal?": kinds.signal,
  });
  requireRange(options);
  return withAbortableClient(database, (client) => rollUpRange(client, options), options.signal);
}

async function rollUpRange(client: Client, options: RollUpOptions): Promise<Rollup> {
  const { from = null, to = null, onNetNegative } = options;
  const { rows } = await client.query<{ month: string }>(monthsOfTransactions, [from, to]);
  const months = rows.map(({ month }) => month);
  await ensureMonthPartitions(client, "sales_daily", months);
  return withTransaction(client, async () => {
    await lockMonths(client, "sales_daily", months, "transaction");
    await client.query(createNetDay);
    await client.query(fillNetDay, [from, to]);
    const { rows: negative } = await client.query<NetNegativeDay>(netNegativeDays);
    if (negative.length > 0 && onNetNegative === "reject") throw netNegative(negative);

    const updated = await client.query(updateDifferent);
    const inserted = await client.query(insertMissing);
    const { rows: totals } = await client.query<Totals>(summarize, [from, to]);
    const total = totals[0] as Totals;
    return {
      from: from ?? total.first,
      to: to ?? total.last,
      transaction_lines: Number(total.lines),
      days: Number(total.days),
      inserted: inserted.rowCount ?? 0,
      updated: updated.rowCount ?? 0,
      unchanged: Number(total.days) - (inserted.rowCount ?? 0) - (updated.rowCount ?? 0),
      without_transactions: Number(total.without_transactions),
      net: { quantity: total.net_quantity, total_amount: total.net_amount },
      zeroed: { quantity: total.zeroed_quantity, total_amount: total.zeroed_amount },
      net_negative_days: negative,
    };
  });
}

/** Counts are bigint and sums are numeric: the driver returns both as text. */
interface Totals {
  first: string | null;
  last: string | null;
  lines: string;
  days: string;
  without_transactions: string;
  net_quantity: string;
  net_amount: string;
  zeroed_quantity: string;
  zeroed_amount: string;
}

function netNegative(days: readonly NetNegativeDay[]) {
  const [first] = days;
  return fail("ROLLUP_NET_NEGATIVE", {
    days: days.length,
    example:
      first === undefined ? "" : `${first.date}, store ${first.store_code}, ${first.sku}: ${first.quantity}`,
  });
}

const createNetDay = `
  CREATE TEMPORARY TABLE net_day (
    date date NOT NULL,
    store_id integer NOT NULL,
    product_id integer NOT NULL,
    lines bigint NOT NULL,
    quantity bigint NOT NULL,
    unit_price numeric(10, 2) NOT NULL,
    total_amount numeric NOT NULL,
    -- Whether sales_daily has the day, and with other values.
    is_stored boolean NOT NULL,
    differs boolean NOT NULL
  ) ON COMMIT DROP
`;

/** The join is with the aggregate, not with `net_day`: some clusters cannot join their tables to a temporary one from outside. */
const fillNetDay = `
  INSERT INTO net_day
  SELECT
    net.*,
    stored.date IS NOT NULL,
    stored.date IS NOT NULL AND (stored.quantity, stored.unit_price, stored.total_amount)
      IS DISTINCT FROM (GREATEST(net.quantity, 0), net.unit_price, GREATEST(net.total_amount, 0))
  FROM (
    SELECT
      date,
      store_id,
      product_id,
      count(*) AS lines,
      sum(quantity) AS quantity,
      CAST(
        COALESCE(
          sum(total_amount) FILTER (WHERE quantity > 0) / sum(quantity) FILTER (WHERE quantity > 0),
          sum(total_amount) FILTER (WHERE quantity < 0) / sum(quantity) FILTER (WHERE quantity < 0),
          max(unit_price)
        ) AS numeric(10, 2)
      ) AS unit_price,
      sum(total_amount) AS total_amount
    FROM sales_txn
    WHERE date >= COALESCE($1::date, '-infinity') AND date <= COALESCE($2::date, 'infinity')
    GROUP BY date, store_id, product_id
  ) AS net
  LEFT JOIN sales_daily AS stored
    ON stored.date = net.date
    AND stored.store_id = net.store_id
    AND stored.product_id = net.product_id
    AND stored.date >= COALESCE($1::date, '-infinity')
    AND stored.date <= COALESCE($2::date, 'infinity')
`;

const netNegativeDays = `
  SELECT net_day.date, store.code AS store_code, product.sku, net_day.quantity, net_day.total_amount
  FROM net_day
  JOIN store ON store.id = net_day.store_id
  JOIN product ON product.id = net_day.product_id
  WHERE net_day.quantity < 0 OR net_day.total_amount < 0
  ORDER BY net_day.date, store.code, product.sku
`;

const monthsOfTransactions = `
  SELECT DISTINCT to_char(date, 'YYYY-MM') AS month
  FROM sales_txn
  WHERE date >= COALESCE($1::date, '-infinity') AND date <= COALESCE($2::date, 'infinity')
  ORDER BY month
`;

const updateDifferent = `
  UPDATE sales_daily
  SET
    quantity = GREATEST(net_day.quantity, 0),
    unit_price = net_day.unit_price,
    total_amount = GREATEST(net_day.total_amount, 0),
    updated_at = now()
  FROM net_day
  WHERE sales_daily.date = net_day.date
    AND sales_daily.store_id = net_day.store_id
    AND sales_daily.product_id = net_day.product_id
    AND net_day.differs
`;

const insertMissing = `
  INSERT INTO sales_daily (date, store_id, product_id, quantity, unit_price, total_amount)
  SELECT date, store_id, product_id, GREATEST(quantity, 0), unit_price, GREATEST(total_amount, 0)
  FROM net_day
  WHERE NOT is_stored
  ORDER BY date, store_id, product_id
`;

const summarize = `
  SELECT
    min(date) AS first,
    max(date) AS last,
    COALESCE(sum(lines), 0) AS lines,
    count(*) AS days,
    COALESCE(sum(quantity), 0) AS net_quantity,
    round(COALESCE(sum(total_amount), 0), 2) AS net_amount,
    COALESCE(sum(GREATEST(-quantity, 0)), 0) AS zeroed_quantity,
    round(COALESCE(sum(GREATEST(-total_amount, 0)), 0), 2) AS zeroed_amount,
    -- Every net_day is in sales_daily by now.
    (
      SELECT count(*)
      FROM sales_daily
      WHERE date >= COALESCE($1::date, '-infinity') AND date <= COALESCE($2::date, 'infinity')
    ) - count(*) AS without_transactions
  FROM net_day
`;
