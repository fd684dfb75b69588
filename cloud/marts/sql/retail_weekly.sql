-- Sales of each SKU in each store and week, in the base currency. A day without a point is missing:
-- it is no day without sales. Points marked as outliers are promotions far from the usual price:
-- real sales, counted apart.
WITH points AS (
  SELECT
    trusted_retail_price_points.*,
    week_days.week_on,
    CAST(FLOOR(list_price_minor * base_price_minor / NULLIF(price_minor, 0)) AS BIGINT)
      AS base_list_minor
  FROM trusted_retail_price_points
  JOIN week_days ON week_days.day = trusted_retail_price_points.day
),
daily AS (
  SELECT
    product,
    sku,
    store,
    week_on,
    day,
    MAX(region) AS region,
    MAX(category) AS category,
    MAX(base_currency) AS currency,
    SUM(CASE WHEN is_outlier THEN 1 ELSE 0 END) AS outlier_points,
    COUNT(*) AS points,
    SUM(units) AS units,
    SUM(base_revenue_minor) AS revenue_minor,
    SUM(base_price_minor) AS prices_minor,
    SUM(base_cost_minor) AS costs_minor,
    SUM(base_list_minor) AS lists_minor,
    SUM(base_competitor_minor) AS competitors_minor,
    COUNT(base_competitor_minor) AS competitor_points,
    MAX(CASE WHEN promotion = 'deal' OR promotion = 'clearance' THEN 1 ELSE 0 END) AS is_deal,
    MAX(CASE WHEN promotion = 'feature' THEN 1 ELSE 0 END) AS is_feature,
    MAX(CASE WHEN holiday IS NULL THEN 0 ELSE 1 END) AS is_holiday,
    MIN(inventory) AS inventory_min,
    MAX_BY(inventory, CASE WHEN inventory IS NOT NULL THEN observed_at END) AS inventory_end,
    MAX(received_at) AS received_at
  FROM points
  GROUP BY product, sku, store, week_on, day
),
weekly AS (
  SELECT
    product,
    sku,
    store,
    week_on,
    MAX(region) AS region,
    MAX(category) AS category,
    MAX(currency) AS currency,
    CAST(SUM(outlier_points) AS BIGINT) AS outlier_points,
    CAST(SUM(points) AS BIGINT) AS points,
    COUNT(*) AS observed_days,
    CAST(SUM(units) AS BIGINT) AS units,
    CAST(SUM(revenue_minor) AS BIGINT) AS revenue_minor,
    CAST(SUM(prices_minor) AS BIGINT) AS prices_minor,
    CAST(SUM(costs_minor) AS BIGINT) AS costs_minor,
    CAST(SUM(lists_minor) AS BIGINT) AS lists_minor,
    CAST(SUM(competitors_minor) AS BIGINT) AS competitors_minor,
    CAST(SUM(competitor_points) AS BIGINT) AS competitor_points,
    CAST(SUM(is_deal) AS BIGINT) AS deal_days,
    CAST(SUM(is_feature) AS BIGINT) AS feature_days,
    CAST(SUM(is_holiday) AS BIGINT) AS holiday_days,
    CAST(SUM(CASE WHEN inventory_min <= 0 THEN 1 ELSE 0 END) AS BIGINT) AS stockout_days,
    MAX_BY(inventory_end, CASE WHEN inventory_end IS NOT NULL THEN day END) AS inventory_end,
    MAX(received_at) AS received_at
  FROM daily
  GROUP BY product, sku, store, week_on
)
SELECT
  week_on AS day,
  product,
  sku,
  store,
  week_on,
  region,
  category,
  currency,
  observed_days,
  points,
  outlier_points,
  units,
  revenue_minor,
  CAST(FLOOR(CASE WHEN units > 0 THEN revenue_minor / units ELSE prices_minor / points END)
    AS BIGINT) AS price_minor,
  CAST(FLOOR(lists_minor / points) AS BIGINT) AS list_price_minor,
  CAST(FLOOR(costs_minor / points) AS BIGINT) AS cost_minor,
  CAST(FLOOR(competitors_minor / NULLIF(competitor_points, 0)) AS BIGINT) AS competitor_price_minor,
  deal_days,
  feature_days,
  holiday_days,
  stockout_days,
  inventory_end,
  received_at
FROM weekly
