-- Features of each SKU in each store at the end of one day, from points of the last 91 days and whole
-- weeks of the last 104. Only what was received before the end of the day counts, so that a row is
-- the same whenever it is computed. Ages are columns of small tables: 0 is the day itself, or the
-- last week that had ended. Sums are multiplied before they are divided, which keeps them exact.
WITH points AS (
  SELECT
    product,
    sku,
    store,
    region,
    category,
    base_currency,
    feature_days.age_days,
    observed_at,
    received_at,
    units,
    base_revenue_minor,
    base_price_minor,
    base_cost_minor,
    CAST(FLOOR(list_price_minor * base_price_minor / NULLIF(price_minor, 0)) AS BIGINT)
      AS base_list_minor,
    base_competitor_minor,
    discount_bp,
    promotion,
    holiday,
    inventory
  FROM trusted_retail_price_points
  JOIN feature_days ON feature_days.day = trusted_retail_price_points.day
  JOIN feature_run ON trusted_retail_price_points.received_at < feature_run.ends_at
),
daily AS (
  SELECT
    product,
    sku,
    store,
    age_days,
    MAX(region) AS region,
    MAX(category) AS category,
    MAX(base_currency) AS currency,
    MIN(received_at) AS first_received_at,
    CAST(SUM(units) AS BIGINT) AS units,
    CAST(SUM(base_revenue_minor) AS BIGINT) AS revenue_minor,
    MAX_BY(base_price_minor, observed_at) AS price_minor,
    MAX_BY(base_list_minor, observed_at) AS list_minor,
    MAX_BY(base_cost_minor, observed_at) AS cost_minor,
    MAX_BY(base_competitor_minor,
      CASE WHEN base_competitor_minor IS NOT NULL THEN observed_at END) AS competitor_minor,
    MAX_BY(discount_bp, observed_at) AS discount_bp,
    MAX(CASE WHEN promotion = 'deal' OR promotion = 'clearance' THEN 1 ELSE 0 END) AS is_deal,
    MAX(CASE WHEN promotion = 'feature' THEN 1 ELSE 0 END) AS is_feature,
    MAX(CASE WHEN promotion IS NULL THEN 0 ELSE 1 END) AS is_promotion,
    MAX(CASE WHEN holiday IS NULL THEN 0 ELSE 1 END) AS is_holiday,
    MAX(CASE WHEN inventory <= 0 THEN 1 ELSE 0 END) AS is_stockout,
    MAX_BY(inventory, CASE WHEN inventory IS NOT NULL THEN observed_at END) AS inventory_end
  FROM points
  GROUP BY product, sku, store, age_days
),
earlier AS (
  SELECT
    *,
    LAG(price_minor) OVER (PARTITION BY product, sku, store ORDER BY age_days DESC)
      AS earlier_price,
    LAG(competitor_minor) OVER (PARTITION BY product, sku, store ORDER BY age_days DESC)
      AS earlier_competitor
  FROM daily
),
changes AS (
  SELECT
    *,
    CASE WHEN price_minor <> earlier_price THEN 1 ELSE 0 END AS is_price_change,
    CASE WHEN competitor_minor <> earlier_competitor THEN 1 ELSE 0 END AS is_competitor_change
  FROM earlier
),
reactions AS (
  SELECT
    *,
    MAX(is_competitor_change) OVER (
      PARTITION BY product, sku, store ORDER BY age_days DESC
      ROWS BETWEEN 1 FOLLOWING AND 7 FOLLOWING
    ) AS is_followed,
    MAX(is_price_change) OVER (
      PARTITION BY product, sku, store ORDER BY age_days DESC
      ROWS BETWEEN 1 FOLLOWING AND 7 FOLLOWING
    ) AS is_reacted
  FROM changes
),
recent AS (
  SELECT
    product,
    sku,
    store,
    MAX_BY(region, 0 - age_days) AS region,
    MAX_BY(category, 0 - age_days) AS category,
    MAX(currency) AS currency,
    CAST(MIN(first_received_at) AS DATE) AS first_received_on,
    MAX_BY(price_minor, 0 - age_days) AS last_price_minor,
    MAX_BY(list_minor, 0 - age_days) AS last_list_minor,
    MAX_BY(cost_minor, 0 - age_days) AS last_cost_minor,
    MIN(age_days) AS last_age_days,
    MAX_BY(inventory_end, CASE WHEN inventory_end IS NOT NULL THEN 0 - age_days END)
      AS last_inventory,
    MAX_BY(competitor_minor, CASE WHEN competitor_minor IS NOT NULL THEN 0 - age_days END)
      AS last_competitor_minor,
    CAST(COUNT(CASE WHEN age_days < 7 THEN 1 END) AS BIGINT) AS days_7d,
    CAST(SUM(CASE WHEN age_days < 7 THEN units END) AS BIGINT) AS units_7d,
    CAST(SUM(CASE WHEN age_days < 7 THEN revenue_minor END) AS BIGINT) AS revenue_7d,
    CAST(SUM(CASE WHEN age_days < 7 THEN price_minor END) AS BIGINT) AS prices_7d,
    CAST(COUNT(CASE WHEN age_days < 30 THEN 1 END) AS BIGINT) AS days_30d,
    CAST(SUM(CASE WHEN age_days < 30 THEN units END) AS BIGINT) AS units_30d,
    CAST(SUM(CASE WHEN age_days < 30 THEN revenue_minor END) AS BIGINT) AS revenue_30d,
    CAST(SUM(CASE WHEN age_days < 30 THEN price_minor END) AS BIGINT) AS prices_30d,
    CAST(COUNT(CASE WHEN age_days < 90 THEN 1 END) AS BIGINT) AS days_90d,
    CAST(SUM(CASE WHEN age_days < 90 THEN units END) AS BIGINT) AS units_90d,
    CAST(SUM(CASE WHEN age_days < 90 THEN revenue_minor END) AS BIGINT) AS revenue_90d,
    CAST(SUM(CASE WHEN age_days < 90 THEN price_minor END) AS BIGINT) AS prices_90d,
    CAST(SUM(CASE WHEN age_days >= 7 AND age_days < 14 THEN units END) AS BIGINT)
      AS units_before_7d,
    CAST(SUM(CASE WHEN age_days >= 7 AND age_days < 14 THEN revenue_minor END) AS BIGINT)
      AS revenue_before_7d,
    CAST(SUM(CASE WHEN age_days >= 7 AND age_days < 14 THEN price_minor END) AS BIGINT)
      AS prices_before_7d,
    CAST(COUNT(CASE WHEN age_days >= 7 AND age_days < 14 THEN 1 END) AS BIGINT) AS days_before_7d,
    CAST(SUM(CASE WHEN age_days >= 30 AND age_days < 60 THEN units END) AS BIGINT)
      AS units_before_30d,
    CAST(COUNT(CASE WHEN age_days >= 30 AND age_days < 60 THEN 1 END) AS BIGINT) AS days_before_30d,
    CAST(SUM(CASE WHEN age_days < 30 THEN cost_minor * units END) AS BIGINT) AS costs_30d,
    CAST(SUM(CASE WHEN age_days < 90 THEN price_minor * price_minor END) AS BIGINT)
      AS price_squares_90d,
    CAST(SUM(CASE WHEN age_days < 90 THEN units * units END) AS BIGINT) AS units_squares_90d,
    MIN(CASE WHEN age_days < 90 THEN price_minor END) AS price_min_90d,
    MAX(CASE WHEN age_days < 90 THEN price_minor END) AS price_max_90d,
    PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY CASE WHEN age_days < 90 THEN price_minor END)
      AS price_median_90d,
    CAST(SUM(CASE WHEN age_days < 30 THEN discount_bp END) AS BIGINT) AS discounts_30d,
    MAX(CASE WHEN age_days < 90 THEN discount_bp END) AS discount_max_90d,
    CAST(SUM(CASE WHEN age_days < 90 THEN is_deal END) AS BIGINT) AS deal_days_90d,
    CAST(SUM(CASE WHEN age_days < 90 THEN is_feature END) AS BIGINT) AS feature_days_90d,
    CAST(SUM(CASE WHEN age_days < 30 THEN is_holiday END) AS BIGINT) AS holiday_days_30d,
    CAST(SUM(CASE WHEN age_days < 30 THEN is_stockout END) AS BIGINT) AS stockout_days_30d,
    CAST(SUM(CASE WHEN age_days < 30 THEN is_promotion END) AS BIGINT) AS promotion_days_30d,
    CAST(SUM(CASE WHEN age_days < 30 THEN competitor_minor END) AS BIGINT) AS competitors_30d,
    CAST(COUNT(CASE WHEN age_days < 30 THEN competitor_minor END) AS BIGINT) AS competitor_days_30d,
    CAST(SUM(CASE WHEN age_days < 30 THEN
      CASE WHEN competitor_minor IS NOT NULL THEN price_minor END END) AS BIGINT)
        AS competitor_own_30d,
    CAST(SUM(CASE WHEN age_days < 30 THEN
      CASE WHEN competitor_minor IS NULL THEN NULL
        WHEN competitor_minor < price_minor THEN 1 ELSE 0 END END) AS BIGINT)
          AS competitor_lower_30d,
    CAST(SUM(CASE WHEN age_days < 90 THEN is_competitor_change END) AS BIGINT)
      AS competitor_changes_90d,
    CAST(SUM(CASE WHEN age_days < 90 THEN is_price_change END) AS BIGINT) AS price_changes_90d,
    CAST(SUM(CASE WHEN age_days < 90 THEN
      CASE WHEN is_price_change = 1 AND is_followed = 1 THEN 1 ELSE 0 END END) AS BIGINT)
        AS followed_changes_90d,
    CAST(SUM(CASE WHEN age_days < 90 THEN
      CASE WHEN is_competitor_change = 1 AND is_reacted = 1 THEN 1 ELSE 0 END END) AS BIGINT)
        AS reacted_changes_90d,
    MIN(CASE WHEN is_price_change = 1 THEN age_days END) AS days_since_change
  FROM reactions
  GROUP BY product, sku, store
),
weeks AS (
  SELECT
    curated_retail_weekly.*,
    feature_weeks.age_weeks,
    feature_weeks.is_season,
    CASE WHEN units > 0 AND price_minor > 0 AND stockout_days = 0 THEN 1 ELSE 0 END AS is_learnable,
    CASE WHEN price_minor > 0 THEN CAST(FLOOR(10000 * LN(price_minor)) AS BIGINT) END AS log_price,
    CASE WHEN units > 0 THEN CAST(FLOOR(10000 * LN(units)) AS BIGINT) END AS log_units
  FROM curated_retail_weekly
  JOIN feature_weeks ON feature_weeks.week_on = curated_retail_weekly.week_on
  JOIN feature_run ON curated_retail_weekly.received_at < feature_run.ends_at
),
history AS (
  SELECT
    product,
    sku,
    store,
    CAST(COUNT(CASE WHEN is_season = 1 THEN 1 END) AS BIGINT) AS season_weeks,
    CAST(SUM(CASE WHEN is_season = 1 THEN price_minor END) AS BIGINT) AS season_prices,
    CAST(SUM(CASE WHEN is_season = 1 THEN price_minor * price_minor END) AS BIGINT)
      AS season_price_squares,
    MIN(CASE WHEN is_season = 1 THEN price_minor END) AS season_price_min,
    MAX(CASE WHEN is_season = 1 THEN price_minor END) AS season_price_max,
    PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY CASE WHEN is_season = 1 THEN price_minor END)
      AS season_price_median,
    CAST(SUM(CASE WHEN is_season = 1 THEN units END) AS BIGINT) AS season_units,
    CAST(SUM(CASE WHEN is_season = 1 THEN units * units END) AS BIGINT) AS season_units_squares,
    MIN(CASE WHEN is_season = 1 THEN units END) AS season_units_min,
    MAX(CASE WHEN is_season = 1 THEN units END) AS season_units_max,
    PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY CASE WHEN is_season = 1 THEN units END)
      AS season_units_median,
    CAST(COUNT(CASE WHEN age_weeks < 52 THEN 1 END) AS BIGINT) AS weeks_52w,
    CAST(SUM(CASE WHEN age_weeks < 52 THEN units END) AS BIGINT) AS year_units,
    CAST(SUM(CASE WHEN age_weeks < 52 THEN units * units END) AS BIGINT) AS year_units_squares,
    CAST(SUM(CASE WHEN age_weeks < 52 THEN CASE WHEN units = 0 THEN 1 ELSE 0 END END) AS BIGINT)
      AS zero_weeks,
    CAST(SUM(CASE WHEN age_weeks >= 26 AND age_weeks < 78 THEN units END) AS BIGINT)
      AS around_units,
    CAST(COUNT(CASE WHEN age_weeks >= 26 AND age_weeks < 78 THEN 1 END) AS BIGINT) AS around_weeks,
    CAST(SUM(CASE WHEN age_weeks >= 49 AND age_weeks < 54 THEN units END) AS BIGINT) AS like_units,
    CAST(COUNT(CASE WHEN age_weeks >= 49 AND age_weeks < 54 THEN 1 END) AS BIGINT) AS like_weeks,
    CAST(SUM(CASE WHEN holiday_days > 0 THEN units END) AS BIGINT) AS holiday_units,
    CAST(COUNT(CASE WHEN holiday_days > 0 THEN 1 END) AS BIGINT) AS holiday_weeks,
    CAST(SUM(CASE WHEN holiday_days = 0 THEN units END) AS BIGINT) AS plain_units,
    CAST(COUNT(CASE WHEN holiday_days = 0 THEN 1 END) AS BIGINT) AS plain_weeks,
    CAST(SUM(CASE WHEN age_weeks < 52 AND deal_days + feature_days > 0 THEN units END) AS BIGINT)
      AS promoted_units,
    CAST(COUNT(CASE WHEN age_weeks < 52 AND deal_days + feature_days > 0 THEN 1 END) AS BIGINT)
      AS promoted_weeks,
    CAST(SUM(CASE WHEN age_weeks < 52 AND deal_days + feature_days = 0 THEN units END) AS BIGINT)
      AS unpromoted_units,
    CAST(COUNT(CASE WHEN age_weeks < 52 AND deal_days + feature_days = 0 THEN 1 END) AS BIGINT)
      AS unpromoted_weeks,
    MAX(CASE WHEN age_weeks = 1 THEN units END) AS week_before_units,
    MAX(CASE WHEN age_weeks = 0 THEN units END) AS newest_week_units,
    MAX(CASE WHEN age_weeks = 0 THEN price_minor END) AS newest_week_price,
    MAX(CASE WHEN age_weeks = 1 THEN price_minor END) AS week_before_price,
    CAST(COUNT(CASE WHEN is_learnable = 1 THEN 1 END) AS BIGINT) AS n,
    CAST(SUM(CASE WHEN is_learnable = 1 THEN log_price END) AS BIGINT) AS sum_p,
    CAST(SUM(CASE WHEN is_learnable = 1 THEN log_units END) AS BIGINT) AS sum_u,
    CAST(SUM(CASE WHEN is_learnable = 1 THEN log_price * log_price END) AS BIGINT) AS sum_pp,
    CAST(SUM(CASE WHEN is_learnable = 1 THEN log_price * log_units END) AS BIGINT) AS sum_pu,
    CAST(SUM(CASE WHEN is_learnable = 1 THEN log_units * log_units END) AS BIGINT) AS sum_uu
  FROM weeks
  GROUP BY product, sku, store
),
series AS (
  SELECT
    recent.*,
    history.season_weeks,
    history.season_prices,
    history.season_price_squares,
    history.season_price_min,
    history.season_price_max,
    history.season_price_median,
    history.season_units,
    history.season_units_squares,
    history.season_units_min,
    history.season_units_max,
    history.season_units_median,
    history.weeks_52w,
    history.year_units,
    history.year_units_squares,
    history.zero_weeks,
    history.around_units,
    history.around_weeks,
    history.like_units,
    history.like_weeks,
    history.holiday_units,
    history.holiday_weeks,
    history.plain_units,
    history.plain_weeks,
    history.promoted_units,
    history.promoted_weeks,
    history.unpromoted_units,
    history.unpromoted_weeks,
    history.week_before_units,
    history.newest_week_units,
    history.newest_week_price,
    history.week_before_price,
    history.n,
    history.sum_p,
    history.sum_u,
    history.sum_pp,
    history.sum_pu,
    history.sum_uu,
    retail_stores.setting,
    retail_stores.purchasing_power_index,
    retail_stores.stores_within_10km,
    CASE WHEN history.n >= 8 THEN
      CAST(FLOOR((history.n * history.sum_pu - history.sum_p * history.sum_u)
        / history.n) AS BIGINT)
    END AS within_pu,
    CASE WHEN history.n >= 8 THEN
      CAST(FLOOR((history.n * history.sum_pp - history.sum_p * history.sum_p)
        / history.n) AS BIGINT)
    END AS within_pp
  FROM recent
  LEFT JOIN history
    ON history.product = recent.product
    AND history.sku = recent.sku
    AND history.store = recent.store
  LEFT JOIN retail_stores ON retail_stores.store = recent.store
),
compared AS (
  SELECT
    *,
    COUNT(*) OVER (PARTITION BY product, sku) AS product_stores,
    CAST(SUM(within_pu) OVER (PARTITION BY product, sku) AS BIGINT) AS product_pu,
    CAST(SUM(within_pp) OVER (PARTITION BY product, sku) AS BIGINT) AS product_pp,
    CAST(SUM(last_price_minor) OVER (PARTITION BY product, sku, region) AS BIGINT) AS region_prices,
    COUNT(*) OVER (PARTITION BY product, sku, region) AS region_series,
    CAST(SUM(units_30d) OVER (PARTITION BY product, sku, region) AS BIGINT) AS region_units,
    CAST(SUM(last_price_minor) OVER (PARTITION BY category, store) AS BIGINT) AS category_prices,
    COUNT(*) OVER (PARTITION BY category, store) AS category_series
  FROM series
)
SELECT
  feature_run.as_of AS day,
  product,
  sku,
  store,
  region,
  category,
  currency,
  last_price_minor AS price_minor,
  last_list_minor AS list_price_minor,
  last_cost_minor AS cost_minor,
  last_age_days AS data_age_days,
  CAST(FLOOR(10000 * (last_price_minor - last_cost_minor) / NULLIF(last_price_minor, 0)) AS BIGINT)
    AS margin_bp,
  CAST(FLOOR(10000 * (last_list_minor - last_price_minor) / NULLIF(last_list_minor, 0)) AS BIGINT)
    AS discount_bp,
  days_7d AS observed_days_7d,
  days_30d AS observed_days_30d,
  days_90d AS observed_days_90d,
  CAST(FLOOR(prices_7d / NULLIF(days_7d, 0)) AS BIGINT) AS price_avg_7d_minor,
  CAST(FLOOR(prices_30d / NULLIF(days_30d, 0)) AS BIGINT) AS price_avg_30d_minor,
  CAST(FLOOR(prices_90d / NULLIF(days_90d, 0)) AS BIGINT) AS price_avg_90d_minor,
  CAST(FLOOR(1000 * (units_7d) / NULLIF(days_7d, 0)) AS BIGINT) AS units_day_avg_7d_milli,
  CAST(FLOOR(1000 * (units_30d) / NULLIF(days_30d, 0)) AS BIGINT) AS units_day_avg_30d_milli,
  CAST(FLOOR(1000 * (units_90d) / NULLIF(days_90d, 0)) AS BIGINT) AS units_day_avg_90d_milli,
  revenue_7d AS revenue_7d_minor,
  revenue_30d AS revenue_30d_minor,
  revenue_90d AS revenue_90d_minor,
  CAST(FLOOR(price_median_90d) AS BIGINT) AS price_median_90d_minor,
  price_min_90d AS price_min_90d_minor,
  price_max_90d AS price_max_90d_minor,
  CAST(FLOOR(SQRT((days_90d * price_squares_90d - prices_90d * prices_90d)
    / NULLIF(days_90d * (days_90d - 1), 0))) AS BIGINT) AS price_sd_90d_minor,
  CAST(FLOOR(SQRT((days_90d * units_squares_90d - units_90d * units_90d)
    / NULLIF(days_90d * (days_90d - 1), 0))) AS BIGINT) AS units_sd_90d,
  CAST(FLOOR(10000 * ((last_price_minor * days_90d) - (prices_90d))
    / NULLIF(prices_90d, 0)) AS BIGINT) AS price_to_avg_90d_bp,
  CAST(FLOOR(10000 * (last_price_minor - price_min_90d)
    / NULLIF(price_max_90d - price_min_90d, 0)) AS BIGINT) AS price_position_90d_bp,
  CAST(FLOOR(10000 * (revenue_30d - costs_30d) / NULLIF(revenue_30d, 0)) AS BIGINT)
    AS margin_30d_bp,
  CAST(FLOOR(discounts_30d / NULLIF(days_30d, 0)) AS BIGINT) AS discount_avg_30d_bp,
  discount_max_90d AS discount_max_90d_bp,
  CAST(FLOOR(10000 * ((units_7d * days_before_7d) - (units_before_7d * days_7d))
    / NULLIF(units_before_7d * days_7d, 0)) AS BIGINT) AS units_change_7d_bp,
  CAST(FLOOR(10000 * ((revenue_7d * days_before_7d) - (revenue_before_7d * days_7d))
    / NULLIF(revenue_before_7d * days_7d, 0)) AS BIGINT) AS revenue_change_7d_bp,
  CAST(FLOOR(10000 * ((prices_7d * days_before_7d) - (prices_before_7d * days_7d))
    / NULLIF(prices_before_7d * days_7d, 0)) AS BIGINT) AS price_change_7d_bp,
  CAST(FLOOR(10000 * ((units_30d * days_before_30d) - (units_before_30d * days_30d))
    / NULLIF(units_before_30d * days_30d, 0)) AS BIGINT) AS units_change_30d_bp,
  CAST(FLOOR(10000 * ((newest_week_units) - (week_before_units))
    / NULLIF(week_before_units, 0)) AS BIGINT) AS units_change_week_bp,
  CAST(FLOOR(10000 * ((newest_week_price) - (week_before_price))
    / NULLIF(week_before_price, 0)) AS BIGINT) AS price_change_week_bp,
  price_changes_90d,
  days_since_change AS days_since_price_change,
  deal_days_90d,
  feature_days_90d,
  promotion_days_30d,
  holiday_days_30d,
  CAST(FLOOR(10000 * ((promoted_units * unpromoted_weeks) - (unpromoted_units * promoted_weeks))
    / NULLIF(unpromoted_units * promoted_weeks, 0)) AS BIGINT) AS promotion_lift_bp,
  last_inventory AS inventory,
  CAST(FLOOR(1000 * (last_inventory * days_30d) / NULLIF(units_30d, 0)) AS BIGINT)
    AS stock_cover_days_milli,
  stockout_days_30d,
  last_competitor_minor AS competitor_price_minor,
  CAST(FLOOR(10000 * ((last_price_minor) - (last_competitor_minor))
    / NULLIF(last_competitor_minor, 0)) AS BIGINT) AS competitor_gap_bp,
  CAST(FLOOR(10000 * ((competitor_own_30d) - (competitors_30d))
    / NULLIF(competitors_30d, 0)) AS BIGINT) AS competitor_gap_avg_30d_bp,
  competitor_lower_30d AS competitor_lower_days_30d,
  competitor_days_30d,
  competitor_changes_90d,
  CAST(FLOOR(10000 * (followed_changes_90d) / NULLIF(price_changes_90d, 0)) AS BIGINT)
    AS competitor_follows_bp,
  CAST(FLOOR(10000 * (reacted_changes_90d) / NULLIF(competitor_changes_90d, 0)) AS BIGINT)
    AS reaction_bp,
  season_weeks,
  CAST(FLOOR(season_prices / NULLIF(season_weeks, 0)) AS BIGINT) AS season_price_avg_minor,
  CAST(FLOOR(season_price_median) AS BIGINT) AS season_price_median_minor,
  season_price_min AS season_price_min_minor,
  season_price_max AS season_price_max_minor,
  CAST(FLOOR(SQRT((season_weeks * season_price_squares - season_prices * season_prices)
    / NULLIF(season_weeks * (season_weeks - 1), 0))) AS BIGINT) AS season_price_sd_minor,
  CAST(FLOOR(1000 * (season_units) / NULLIF(season_weeks, 0)) AS BIGINT) AS season_units_avg_milli,
  CAST(FLOOR(season_units_median) AS BIGINT) AS season_units_median,
  season_units_min,
  season_units_max,
  CAST(FLOOR(SQRT((season_weeks * season_units_squares - season_units * season_units)
    / NULLIF(season_weeks * (season_weeks - 1), 0))) AS BIGINT) AS season_units_sd,
  weeks_52w AS observed_weeks_52w,
  CAST(FLOOR(1000 * (year_units) / NULLIF(weeks_52w, 0)) AS BIGINT) AS units_week_avg_52w_milli,
  CAST(FLOOR(SQRT((weeks_52w * year_units_squares - year_units * year_units)
    / NULLIF(weeks_52w * (weeks_52w - 1), 0))) AS BIGINT) AS units_week_sd_52w,
  zero_weeks AS weeks_without_sales_52w,
  CAST(FLOOR(10000 * (like_units * around_weeks) / NULLIF(around_units * like_weeks, 0)) AS BIGINT)
    AS seasonal_factor_bp,
  CAST(FLOOR(10000 * (holiday_units * plain_weeks)
    / NULLIF(plain_units * holiday_weeks, 0)) AS BIGINT) AS holiday_factor_bp,
  CASE WHEN n >= 8 THEN CAST(FLOOR(1000 * (n * sum_pu - sum_p * sum_u)
    / NULLIF(n * sum_pp - sum_p * sum_p, 0)) AS BIGINT) END AS elasticity_milli,
  n AS elasticity_weeks,
  CASE WHEN n >= 8 THEN CAST(FLOOR(10000 * (n * sum_pu - sum_p * sum_u) / NULLIF(n * sum_pp - sum_p * sum_p, 0) * (n * sum_pu - sum_p * sum_u)
    / NULLIF(n * sum_uu - sum_u * sum_u, 0)) AS BIGINT) END AS elasticity_r2_bp,
  CAST(FLOOR(1000 * product_pu / NULLIF(product_pp, 0)) AS BIGINT) AS product_elasticity_milli,
  product_stores,
  CAST(FLOOR(10000 * ((last_price_minor * region_series) - (region_prices))
    / NULLIF(region_prices, 0)) AS BIGINT) AS region_price_gap_bp,
  CAST(FLOOR(10000 * ((last_price_minor * category_series) - (category_prices))
    / NULLIF(category_prices, 0)) AS BIGINT) AS category_price_gap_bp,
  CAST(FLOOR(10000 * (units_30d) / NULLIF(region_units, 0)) AS BIGINT) AS region_units_share_bp,
  setting AS store_setting,
  purchasing_power_index,
  stores_within_10km,
  first_received_on
FROM compared
CROSS JOIN feature_run
