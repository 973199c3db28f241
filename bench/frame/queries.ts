/*
 * The specification's "full feature set" for a range of days, both ends inclusive, as SQL without parameters for COPY. It has
 * the rows of sales_daily, with the inventory of the day itself and without lags.
 */

const columns = `
  s.date,
  st.code AS store_code,
  st.region,
  st.store_type,
  p.sku,
  p.category,
  p.brand,
  c.day_of_week,
  c.month,
  c.quarter,
  c.is_holiday,
  s.quantity,
  s.unit_price,
  s.total_amount
`;

const dimensions = `
  JOIN store st ON s.store_id = st.id
  JOIN product p ON s.product_id = p.id
  JOIN calendar c ON s.date = c.date
`;

const inventory = `
  LEFT JOIN inventory_snapshot_daily inv ON
    inv.date = s.date
    AND inv.store_id = s.store_id
    AND inv.product_id = s.product_id
`;

/** As specified, with the smallest fix for its fan-out: only one price and one promotion row is joined to a sale. */
export const specifiedQuery = (from: string, to: string) => `
  SELECT
    ${columns},
    ph.price AS list_price,
    COALESCE(pr.discount_pct, 0) AS promo_discount_pct,
    CASE WHEN pr.promotions > 0 THEN 1 ELSE 0 END AS on_promotion,
    inv.on_hand_qty,
    inv.is_stockout::INT AS stockout_flag
  FROM sales_daily s
  ${dimensions}
  LEFT JOIN LATERAL (
    SELECT price
    FROM price_history
    WHERE product_id = s.product_id
      AND (store_id IS NULL OR store_id = s.store_id)
      AND s.date >= valid_from
      AND (valid_to IS NULL OR s.date <= valid_to)
    ORDER BY store_id NULLS LAST
    LIMIT 1
  ) ph ON true
  LEFT JOIN LATERAL (
    SELECT count(*) AS promotions, max(discount_pct) AS discount_pct
    FROM promotion
    WHERE product_id = s.product_id
      AND (store_id IS NULL OR store_id = s.store_id)
      AND s.date BETWEEN start_date AND end_date
  ) pr ON true
  ${inventory}
  WHERE s.date BETWEEN '${from}' AND '${to}'
  ORDER BY s.date, st.code, p.sku
`;

/**
 * The same rows and columns, rewritten for hash joins: one join for the store's price and one for the chain's. Promotions are
 * expanded to days and aggregated before they are joined.
 */
export const rewrittenQuery = (from: string, to: string) => `
  WITH own_promotion AS (
    SELECT product_id, store_id, day::date AS date, count(*) AS promotions, max(discount_pct) AS discount_pct
    FROM promotion
    CROSS JOIN generate_series(start_date::timestamp, end_date::timestamp, interval '1 day') AS day
    WHERE store_id IS NOT NULL
    GROUP BY product_id, store_id, day
  ), chain_promotion AS (
    SELECT product_id, day::date AS date, count(*) AS promotions, max(discount_pct) AS discount_pct
    FROM promotion
    CROSS JOIN generate_series(start_date::timestamp, end_date::timestamp, interval '1 day') AS day
    WHERE store_id IS NULL
    GROUP BY product_id, day
  )
  SELECT
    ${columns},
    COALESCE(own.price, chain.price) AS list_price,
    COALESCE(GREATEST(opr.discount_pct, cpr.discount_pct), 0) AS promo_discount_pct,
    CASE WHEN opr.promotions > 0 OR cpr.promotions > 0 THEN 1 ELSE 0 END AS on_promotion,
    inv.on_hand_qty,
    inv.is_stockout::INT AS stockout_flag
  FROM sales_daily s
  ${dimensions}
  LEFT JOIN price_history own ON
    own.product_id = s.product_id
    AND own.store_id = s.store_id
    AND s.date >= own.valid_from
    AND (own.valid_to IS NULL OR s.date <= own.valid_to)
  LEFT JOIN price_history chain ON
    chain.product_id = s.product_id
    AND chain.store_id IS NULL
    AND s.date >= chain.valid_from
    AND (chain.valid_to IS NULL OR s.date <= chain.valid_to)
  LEFT JOIN own_promotion opr ON
    opr.product_id = s.product_id
    AND opr.store_id = s.store_id
    AND opr.date = s.date
  LEFT JOIN chain_promotion cpr ON cpr.product_id = s.product_id AND cpr.date = s.date
  ${inventory}
  WHERE s.date BETWEEN '${from}' AND '${to}'
  ORDER BY s.date, st.code, p.sku
`;
