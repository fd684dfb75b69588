-- Attention by location, age and gender over the period. A rate of fewer than 100 visits or 7 days
-- is null. The error of a rate comes from the differences between days: the relative residual of a
-- day is its share of the onlookers minus its share of the visits.
WITH daily AS (
  SELECT
    location,
    day,
    age,
    gender,
    CAST(SUM(visits) AS BIGINT) AS visits,
    CAST(SUM(onlookers) AS BIGINT) AS onlookers
  FROM audience_demographics_hourly
  WHERE visits > 0
  GROUP BY location, day, age, gender
),
totals AS (
  SELECT
    location,
    age,
    gender,
    COUNT(*) AS observed_days,
    CAST(SUM(visits) AS BIGINT) AS visits,
    CAST(SUM(onlookers) AS BIGINT) AS onlookers
  FROM daily
  GROUP BY location, age, gender
),
described AS (
  SELECT
    location,
    CAST(SUM(visits) AS BIGINT) AS visits,
    CAST(SUM(onlookers) AS BIGINT) AS onlookers
  FROM totals
  GROUP BY location
),
everyone AS (
  SELECT location, CAST(SUM(visits) AS BIGINT) AS visits
  FROM audience_metrics
  GROUP BY location
),
residuals AS (
  SELECT
    daily.location,
    daily.age,
    daily.gender,
    CAST(FLOOR(1000000 * daily.onlookers / NULLIF(totals.onlookers, 0)) AS BIGINT)
      - CAST(FLOOR(1000000 * daily.visits / totals.visits) AS BIGINT) AS residual_ppm
  FROM daily
  JOIN totals
    ON totals.location = daily.location
    AND totals.age = daily.age
    AND totals.gender = daily.gender
),
variation AS (
  SELECT location, age, gender, CAST(SUM(residual_ppm * residual_ppm) AS BIGINT) AS squares
  FROM residuals
  GROUP BY location, age, gender
),
rates AS (
  SELECT
    totals.location,
    totals.age,
    totals.gender,
    observed_days,
    totals.visits,
    totals.onlookers,
    CASE WHEN observed_days >= 7 AND totals.visits >= 100 THEN
      CAST(FLOOR(1000 * totals.onlookers / totals.visits) AS BIGINT)
    END AS attention_rate_milli,
    CASE WHEN observed_days >= 7 AND totals.visits >= 100 THEN
      CAST(FLOOR(SQRT(observed_days * squares / (observed_days - 1))) AS BIGINT)
    END AS relative_error_ppm
  FROM totals
  JOIN variation
    ON variation.location = totals.location
    AND variation.age = totals.age
    AND variation.gender = totals.gender
),
margins AS (
  SELECT
    *,
    CAST(FLOOR(2 * attention_rate_milli * relative_error_ppm / 1000000) AS BIGINT) AS margin_milli
  FROM rates
)
SELECT
  margins.location,
  profile_period.last_on AS day,
  margins.age,
  margins.gender,
  profile_period.first_on,
  observed_days,
  margins.visits,
  margins.onlookers,
  described.visits AS described_visits,
  everyone.visits AS location_visits,
  CAST(FLOOR(1000 * described.visits / NULLIF(everyone.visits, 0)) AS BIGINT)
    AS described_share_milli,
  CAST(FLOOR(1000 * margins.visits / described.visits) AS BIGINT) AS visits_share_milli,
  attention_rate_milli,
  relative_error_ppm,
  CASE WHEN margin_milli > attention_rate_milli THEN 0 ELSE attention_rate_milli - margin_milli END
    AS attention_rate_low_milli,
  CASE WHEN attention_rate_milli + margin_milli > 1000 THEN 1000
    ELSE attention_rate_milli + margin_milli END AS attention_rate_high_milli,
  CASE WHEN attention_rate_milli IS NOT NULL THEN
    CAST(FLOOR(
      1000 * margins.onlookers * described.visits
      / NULLIF(margins.visits * described.onlookers, 0)
    ) AS BIGINT)
  END AS attention_index_milli
FROM margins
CROSS JOIN profile_period
JOIN described ON described.location = margins.location
LEFT JOIN everyone ON everyone.location = margins.location
