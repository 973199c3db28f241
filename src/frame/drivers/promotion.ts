import { firstDaySql, lastDaySql } from "../days.ts";
import { blockSeries, engineTable } from "../engine-tables.ts";
import type { Freq, Grain } from "../grain.ts";
import type { FrameScope } from "../scope.ts";
import type { FactTable } from "../source/warehouse-table.ts";
import type { Driver, DriverColumn } from "./driver.ts";
import { changed } from "./perturbation-sql.ts";
import { listPrice, plannedPrice } from "./price.ts";

const promotions: FactTable = {
  name: "promotion",
  day: "start_date",
  perturbation: {
    kind: "plans",
    changes: "promotions",
    statements: [
      `DELETE FROM promotion WHERE start_date > $1::date AND (product_id + coalesce(store_id, 0)) % 3 = 0`,
      `UPDATE promotion
       SET discount_pct = 1 - coalesce(discount_pct, 0), discount_amount = ${changed("coalesce(discount_amount, 0)")}
       WHERE start_date > $1::date`,
      `UPDATE promotion SET end_date = $1::date + 5 WHERE start_date <= $1::date AND end_date > $1::date`,
      `INSERT INTO promotion (product_id, store_id, name, discount_pct, start_date, end_date, created_at, updated_at)
       SELECT id, NULL, 'of the audit', 0.97, $1::date + 1, $1::date + 400, '1970-01-01', '1970-01-01' FROM product`,
    ],
  },
};

const promotionWindow = engineTable({
  name: "promotion",
  kind: "table",
  grain: "one row per promotion of a product, in one store or, without a store, in the chain",
  columns: {
    product_id: "INTEGER",
    store_id: "INTEGER",
    discount_pct: "DOUBLE",
    discount_amount: "DOUBLE",
    start_day: "INTEGER",
    end_day: "INTEGER",
  },
  madeBy: "stageTables",
  readBy: "promotion_period",
  droppedBy: null,
});

const promotionPeriod = engineTable({
  name: "promotion_period",
  kind: "table",
  grain: "one row per series of the block and period with promotions, aggregated",
  columns: {
    n: "INTEGER",
    period: "INTEGER",
    promotions: "BIGINT",
    discount_pct: "DOUBLE",
    discount_amount: "DOUBLE",
    days_since_start: "INTEGER",
    days_to_end: "INTEGER",
    // Unless a period is a day, in place of the two above.
    days: "BIGINT",
  },
  madeBy: "the driver promotion, for each block",
  readBy: "the rows of the frame",
  droppedBy: null,
});

/** Promotions planned for the day, of the store and of the chain, aggregated to one row per series and period: future. */
export const promotion: Driver = {
  name: "promotion",
  class: "future",
  reads: [promotions],
  engineTables: [promotionWindow, promotionPeriod],
  plan: (scope) => ({
    staging: [
      {
        table: promotionWindow,
        query: () => `
          SELECT
            product_id, store_id, nullif(discount_pct, 'NaN'), nullif(discount_amount, 'NaN'),
            ${firstDaySql("start_date")}, ${lastDaySql("end_date")}
          FROM promotion
          WHERE ${scope.recorded} AND ${scope.ofProducts} AND (store_id IS NULL OR ${scope.ofStores})`,
        day: null,
      },
    ],
    block: [scope.grain.freq === "day" ? promotionsOfDays : promotionsOfPeriods(scope.grain)],
    join: `LEFT JOIN ${promotionPeriod}
        ON promotion_period.n = history.n AND promotion_period.period = history.period`,
    columns: [
      ...columnsOf(scope.grain.freq),
      ...(scope.spec.drivers.includes("price") ? [discountDepth(scope)] : []),
    ],
  }),
};

const promotionsOfDays = `
  CREATE OR REPLACE TABLE ${promotionPeriod} AS
  WITH active AS (
    SELECT
      series.n,
      unnest(range(greatest(start_day, spine_from), least(end_day, spine_until) + 1))::INTEGER AS period,
      discount_pct, discount_amount, start_day, end_day
    FROM ${promotionWindow}
    JOIN ${blockSeries} AS series
      ON series.product_id = promotion.product_id
     AND (promotion.store_id IS NULL OR promotion.store_id = series.store_id)
  )
  SELECT
    n,
    period,
    count(*) AS promotions,
    coalesce(max(discount_pct), 0) AS discount_pct,
    coalesce(max(discount_amount), 0) AS discount_amount,
    period - min(start_day) AS days_since_start,
    max(end_day) - period AS days_to_end
  FROM active
  GROUP BY n, period`;

const promotionsOfPeriods = ({ sql }: Grain) => `
  CREATE OR REPLACE TABLE ${promotionPeriod} AS
  WITH active AS (
    SELECT
      series.n,
      promotion.rowid AS promotion,
      unnest(range(
        greatest(start_day, ${sql.firstDay("spine_from")}),
        least(end_day + 1, ${sql.firstDay("spine_until + 1")})
      ))::INTEGER AS day,
      discount_pct, discount_amount
    FROM ${promotionWindow}
    JOIN ${blockSeries} AS series
      ON series.product_id = promotion.product_id
     AND (promotion.store_id IS NULL OR promotion.store_id = series.store_id)
  )
  SELECT
    n,
    ${sql.periodOf("day")} AS period,
    count(DISTINCT promotion) AS promotions,
    coalesce(max(discount_pct), 0) AS discount_pct,
    coalesce(max(discount_amount), 0) AS discount_amount,
    count(DISTINCT day) AS days
  FROM active
  GROUP BY ALL`;

const columnsOf = (freq: Freq): DriverColumn[] => [
  {
    name: "on_promotion",
    type: "BOOLEAN",
    sql: "promotion_period.n IS NOT NULL",
    description:
      freq === "day"
        ? "The product is on promotion, in the store or in the whole chain."
        : `The product is on promotion on a day of the ${freq}, in the store or in the whole chain.`,
  },
  {
    name: "promo_count",
    type: "INTEGER",
    sql: "coalesce(promotion_period.promotions, 0)",
    description: `Number of promotions ${freq === "day" ? "on the day" : `in the ${freq}`}.`,
  },
  {
    name: "promo_discount_pct",
    type: "DOUBLE",
    sql: "coalesce(promotion_period.discount_pct, 0)",
    description: "Deepest share off the price: 0.15 is 15 % off; 0 without one.",
  },
  {
    name: "promo_discount_amount",
    type: "DOUBLE",
    sql: "coalesce(promotion_period.discount_amount, 0)",
    description: "Largest amount off the price of a unit; 0 without one.",
  },
  ...(freq === "day" ? daysOfPromotions : [daysOnPromotion(freq)]),
];

const daysOnPromotion = (freq: Freq): DriverColumn => ({
  name: "promo_days",
  type: "INTEGER",
  sql: "coalesce(promotion_period.days, 0)",
  description: `Days of the ${freq} with a promotion.`,
});

const daysOfPromotions: readonly DriverColumn[] = [
  {
    name: "promo_days_since_start",
    type: "DOUBLE",
    sql: "promotion_period.days_since_start",
    description: "Days since the earliest start of the day's promotions; NULL without any.",
  },
  {
    name: "promo_days_to_end",
    type: "DOUBLE",
    sql: "promotion_period.days_to_end",
    looksAhead: true,
    description: "Days to the latest end of the day's promotions; NULL without any.",
  },
];

/** It uses the price of the price driver, filled or not. */
function discountDepth(scope: Pick<FrameScope, "spec" | "grain">): DriverColumn {
  const amount = "coalesce(promotion_period.discount_amount, 0)";
  const depth = (price: string) => `CASE
      WHEN ${amount} = 0 THEN coalesce(promotion_period.discount_pct, 0)
      WHEN ${price} > 0 THEN least(1, greatest(promotion_period.discount_pct, ${amount} / ${price}))
    END`;
  return {
    name: "discount_depth",
    type: "DOUBLE",
    sql: depth(listPrice(scope)),
    sqlInFuture: depth(plannedPrice(scope)),
    description: "Share off the list price: the larger of the percentage and the amount, at most 1.",
  };
}
