-- Sales KPIs: four queries that every retailer starts with.
--
-- "Now" is the newest day of sales_daily, not the current date: a report describes the data in the warehouse, and must not be
-- empty because a load is a day late.
--
--   forecastlab db psql -f examples/queries/kpi_sales.sql

-- ---------------------------------------------------------------------------------------------------------------
-- Daily sales by store, last 31 days
-- Grain: one row per day and store.
-- ---------------------------------------------------------------------------------------------------------------
WITH newest AS (
  SELECT max(date) AS date FROM sales_daily
)
SELECT
  s.date,
  st.code AS store_code,
  st.name AS store_name,
  count(*) FILTER (WHERE s.quantity > 0) AS products_sold,
  sum(s.quantity) AS total_units,
  sum(s.total_amount) AS total_revenue
FROM sales_daily AS s
JOIN store AS st ON st.id = s.store_id
WHERE s.date > (SELECT date FROM newest) - 31
GROUP BY s.date, st.code, st.name
ORDER BY s.date, total_revenue DESC, store_code;

-- ---------------------------------------------------------------------------------------------------------------
-- Weekly sales by category, last 12 weeks
-- Grain: one row per week (starting on Monday) and category. The first and the newest week may be incomplete; see `days`.
-- The average price is weighted by units: an unweighted average would count a slow seller as much as a fast one.
-- ---------------------------------------------------------------------------------------------------------------
WITH newest AS (
  SELECT max(date) AS date FROM sales_daily
)
SELECT
  date_trunc('week', s.date)::date AS week_start,
  COALESCE(p.category, '(none)') AS category,
  count(DISTINCT s.date) AS days,
  sum(s.quantity) AS total_units,
  sum(s.total_amount) AS total_revenue,
  round(sum(s.total_amount) / NULLIF(sum(s.quantity), 0), 2) AS avg_price
FROM sales_daily AS s
JOIN product AS p ON p.id = s.product_id
WHERE s.date > (SELECT date FROM newest) - 84
GROUP BY week_start, p.category
ORDER BY week_start, total_revenue DESC, category;

-- ---------------------------------------------------------------------------------------------------------------
-- Top 10 products by revenue, last 30 days
-- Grain: one row per product. Equal revenues share a rank; ties at the limit are broken by SKU.
-- ---------------------------------------------------------------------------------------------------------------
WITH newest AS (
  SELECT max(date) AS date FROM sales_daily
)
SELECT
  rank() OVER (ORDER BY sum(s.total_amount) DESC) AS revenue_rank,
  p.sku,
  p.name,
  p.category,
  sum(s.quantity) AS total_units,
  sum(s.total_amount) AS total_revenue
FROM sales_daily AS s
JOIN product AS p ON p.id = s.product_id
WHERE s.date > (SELECT date FROM newest) - 30
GROUP BY p.id, p.sku, p.name, p.category
ORDER BY total_revenue DESC, p.sku
LIMIT 10;

-- ---------------------------------------------------------------------------------------------------------------
-- Year-to-date growth over the same days of the previous year, by store
-- Grain: one row per store with sales in either year. Growth is NULL without sales in the previous year.
-- Both years are compared from 1 January to the newest day.
-- ---------------------------------------------------------------------------------------------------------------
WITH newest AS (
  SELECT max(date) AS date FROM sales_daily
), revenue AS (
  SELECT
    s.store_id,
    sum(s.total_amount) FILTER (WHERE s.date >= date_trunc('year', n.date)) AS current_year,
    sum(s.total_amount) FILTER (WHERE s.date <= n.date - interval '1 year') AS prior_year
  FROM newest AS n
  JOIN sales_daily AS s ON s.date >= date_trunc('year', n.date) - interval '1 year' AND s.date <= n.date
  GROUP BY s.store_id
)
SELECT
  st.code AS store_code,
  st.name AS store_name,
  COALESCE(r.current_year, 0) AS current_year_revenue,
  COALESCE(r.prior_year, 0) AS prior_year_revenue,
  round((COALESCE(r.current_year, 0) / NULLIF(r.prior_year, 0) - 1) * 100, 2) AS yoy_growth_pct
FROM revenue AS r
JOIN store AS st ON st.id = r.store_id
WHERE r.current_year IS NOT NULL OR r.prior_year IS NOT NULL
ORDER BY yoy_growth_pct DESC NULLS LAST, current_year_revenue DESC, store_code;
