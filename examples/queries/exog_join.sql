-- Joining sales with their drivers: price, promotion, inventory.
--
-- Every query keeps the grain of sales_daily: exactly one row per day, store and product. Joining prices with
-- `store_id IS NULL OR store_id = …` does not: a product with a chain price and a store price appears twice, and so
-- does a product with two promotions at once. Here, every driver is reduced to one row before it is joined.
--
-- The range is the last 31 days of the data.
--
--   forecastlab db psql -f examples/queries/exog_join.sql

-- ---------------------------------------------------------------------------------------------------------------
-- Sales with the list price of the day (point-in-time join)
-- The store's own price takes precedence over the chain's. Windows of one scope cannot overlap
-- (ex_price_history_no_overlap), so there are at most two candidates, and the first one is the price.
-- ---------------------------------------------------------------------------------------------------------------
WITH newest AS (
  SELECT max(date) AS date FROM sales_daily
)
SELECT
  s.date,
  s.store_id,
  s.product_id,
  s.quantity,
  s.unit_price AS sale_price,
  list.price AS list_price,
  round((list.price - s.unit_price) / NULLIF(list.price, 0) * 100, 2) AS discount_pct
FROM sales_daily AS s
LEFT JOIN LATERAL (
  SELECT ph.price
  FROM price_history AS ph
  WHERE ph.product_id = s.product_id
    AND (ph.store_id = s.store_id OR ph.store_id IS NULL)
    AND s.date >= ph.valid_from
    AND (ph.valid_to IS NULL OR s.date <= ph.valid_to)
  ORDER BY ph.store_id NULLS LAST
  LIMIT 1
) AS list ON true
WHERE s.date > (SELECT date FROM newest) - 31
ORDER BY s.date, s.store_id, s.product_id;

-- ---------------------------------------------------------------------------------------------------------------
-- Sales with the promotions of the day
-- Promotions may overlap, including one of the chain with one of the store. They are aggregated to one row.
-- ---------------------------------------------------------------------------------------------------------------
WITH newest AS (
  SELECT max(date) AS date FROM sales_daily
)
SELECT
  s.date,
  s.store_id,
  s.product_id,
  s.quantity,
  s.total_amount,
  promo.promotions > 0 AS on_promotion,
  promo.promotions,
  promo.names AS promo_names,
  promo.discount_pct AS deepest_discount_pct,
  promo.discount_amount AS deepest_discount_amount
FROM sales_daily AS s
CROSS JOIN LATERAL (
  SELECT
    count(*) AS promotions,
    string_agg(pr.name, ', ' ORDER BY pr.name) AS names,
    max(pr.discount_pct) AS discount_pct,
    max(pr.discount_amount) AS discount_amount
  FROM promotion AS pr
  WHERE pr.product_id = s.product_id
    AND (pr.store_id = s.store_id OR pr.store_id IS NULL)
    AND s.date BETWEEN pr.start_date AND pr.end_date
) AS promo
WHERE s.date > (SELECT date FROM newest) - 31
ORDER BY s.date, s.store_id, s.product_id;

-- ---------------------------------------------------------------------------------------------------------------
-- Sales with inventory (for reporting; not a feature for a model, see below)
-- Days of supply: how long the stock at the end of the day lasts at the rate of the last seven days.
-- ---------------------------------------------------------------------------------------------------------------
WITH newest AS (
  SELECT max(date) AS date FROM sales_daily
)
SELECT
  s.date,
  s.store_id,
  s.product_id,
  s.quantity AS units_sold,
  inv.on_hand_qty AS eod_inventory,
  inv.is_stockout,
  round(inv.on_hand_qty / NULLIF(week.units / 7.0, 0), 1) AS days_of_supply,
  CASE
    WHEN inv.on_hand_qty IS NULL THEN 'UNKNOWN'
    WHEN inv.is_stockout THEN 'OUT'
    WHEN inv.on_hand_qty < week.units * 2 / 7.0 THEN 'LOW'
    WHEN inv.on_hand_qty < week.units THEN 'MEDIUM'
    ELSE 'OK'
  END AS inventory_status
FROM sales_daily AS s
LEFT JOIN inventory_snapshot_daily AS inv
  ON inv.date = s.date AND inv.store_id = s.store_id AND inv.product_id = s.product_id
CROSS JOIN LATERAL (
  SELECT sum(w.quantity) AS units
  FROM sales_daily AS w
  WHERE w.store_id = s.store_id AND w.product_id = s.product_id AND w.date BETWEEN s.date - 6 AND s.date
) AS week
WHERE s.date > (SELECT date FROM newest) - 31
ORDER BY s.date, s.store_id, s.product_id;

-- ---------------------------------------------------------------------------------------------------------------
-- The full feature set for a forecaster
-- Grain: one row per day, store and product. All features of a row were known before its day began: attributes, calendar,
-- planned price and promotion of the day itself; units and stock of earlier days only. Lags count days, not rows: "last
-- week" is the row seven days before, and nothing was sold on a day without a row. (LAG(quantity, 1) over rows takes the last
-- day that happens to have a row for "yesterday", and the day's own closing stock gives away what the model should predict.)
-- ---------------------------------------------------------------------------------------------------------------
WITH newest AS (
  SELECT max(date) AS date FROM sales_daily
)
SELECT
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
  s.total_amount,
  list.price AS list_price,
  COALESCE(promo.discount_pct, 0) AS promo_discount_pct,
  (promo.promotions > 0)::int AS on_promotion,
  past.quantity_lag_1,
  past.quantity_lag_7,
  past.quantity_mean_28,
  stock.on_hand_qty AS on_hand_qty_lag_1,
  stock.is_stockout::int AS stockout_lag_1
FROM sales_daily AS s
JOIN store AS st ON st.id = s.store_id
JOIN product AS p ON p.id = s.product_id
JOIN calendar AS c ON c.date = s.date
LEFT JOIN LATERAL (
  SELECT ph.price
  FROM price_history AS ph
  WHERE ph.product_id = s.product_id
    AND (ph.store_id = s.store_id OR ph.store_id IS NULL)
    AND s.date >= ph.valid_from
    AND (ph.valid_to IS NULL OR s.date <= ph.valid_to)
  ORDER BY ph.store_id NULLS LAST
  LIMIT 1
) AS list ON true
CROSS JOIN LATERAL (
  SELECT count(*) AS promotions, max(pr.discount_pct) AS discount_pct
  FROM promotion AS pr
  WHERE pr.product_id = s.product_id
    AND (pr.store_id = s.store_id OR pr.store_id IS NULL)
    AND s.date BETWEEN pr.start_date AND pr.end_date
) AS promo
CROSS JOIN LATERAL (
  SELECT
    COALESCE(sum(w.quantity) FILTER (WHERE w.date = s.date - 1), 0) AS quantity_lag_1,
    COALESCE(sum(w.quantity) FILTER (WHERE w.date = s.date - 7), 0) AS quantity_lag_7,
    round(COALESCE(sum(w.quantity), 0) / 28.0, 3) AS quantity_mean_28
  FROM sales_daily AS w
  WHERE w.store_id = s.store_id AND w.product_id = s.product_id AND w.date BETWEEN s.date - 28 AND s.date - 1
) AS past
LEFT JOIN inventory_snapshot_daily AS stock
  ON stock.date = s.date - 1 AND stock.store_id = s.store_id AND stock.product_id = s.product_id
WHERE s.date > (SELECT date FROM newest) - 31
ORDER BY s.date, st.code, p.sku;
