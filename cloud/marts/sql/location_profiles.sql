-- Each location over the period: times of day, effectiveness (attention rate x crowd) and rank.
-- The error of the effectiveness comes from the differences between days: the relative residual of
-- a day is onlookers - visits + person time - observed time, each as a share of its total.
-- A rank interval counts the locations whose whole interval lies above or below.
WITH hours AS (
  SELECT
    *,
    CASE WHEN local_weekday <= 5 AND local_hour BETWEEN 7 AND 9 THEN 1 ELSE 0 END AS is_morning,
    CASE WHEN local_weekday <= 5 AND local_hour BETWEEN 16 AND 18 THEN 1 ELSE 0 END AS is_evening,
    CASE WHEN local_weekday <= 5 THEN 1 ELSE 0 END AS is_weekday,
    CASE WHEN local_weekday >= 6 THEN 1 ELSE 0 END AS is_weekend
  FROM audience_metrics
),
totals AS (
  SELECT
    location,
    SUM(CASE WHEN observed_ms > 0 THEN 1 ELSE 0 END) AS observed_hours,
    CAST(SUM(observed_ms) AS BIGINT) AS observed_ms,
    CAST(SUM(expected_ms) AS BIGINT) AS expected_ms,
    CAST(SUM(person_ms) AS BIGINT) AS person_ms,
    CAST(SUM(looking_ms) AS BIGINT) AS looking_ms,
    CAST(SUM(entries) AS BIGINT) AS entries,
    CAST(SUM(visits) AS BIGINT) AS visits,
    CAST(SUM(onlookers) AS BIGINT) AS onlookers,
    CAST(SUM(dwell_ms) AS BIGINT) AS dwell_ms,
    CAST(SUM(CASE WHEN is_morning = 1 THEN observed_ms END) AS BIGINT) AS morning_observed_ms,
    CAST(SUM(CASE WHEN is_morning = 1 THEN person_ms END) AS BIGINT) AS morning_person_ms,
    CAST(SUM(CASE WHEN is_morning = 1 THEN visits END) AS BIGINT) AS morning_visits,
    CAST(SUM(CASE WHEN is_morning = 1 THEN onlookers END) AS BIGINT) AS morning_onlookers,
    CAST(SUM(CASE WHEN is_evening = 1 THEN observed_ms END) AS BIGINT) AS evening_observed_ms,
    CAST(SUM(CASE WHEN is_evening = 1 THEN person_ms END) AS BIGINT) AS evening_person_ms,
    CAST(SUM(CASE WHEN is_evening = 1 THEN visits END) AS BIGINT) AS evening_visits,
    CAST(SUM(CASE WHEN is_evening = 1 THEN onlookers END) AS BIGINT) AS evening_onlookers,
    CAST(SUM(CASE WHEN is_weekday = 1 THEN observed_ms END) AS BIGINT) AS weekday_observed_ms,
    CAST(SUM(CASE WHEN is_weekday = 1 THEN person_ms END) AS BIGINT) AS weekday_person_ms,
    CAST(SUM(CASE WHEN is_weekday = 1 THEN visits END) AS BIGINT) AS weekday_visits,
    CAST(SUM(CASE WHEN is_weekday = 1 THEN onlookers END) AS BIGINT) AS weekday_onlookers,
    CAST(SUM(CASE WHEN is_weekend = 1 THEN observed_ms END) AS BIGINT) AS weekend_observed_ms,
    CAST(SUM(CASE WHEN is_weekend = 1 THEN person_ms END) AS BIGINT) AS weekend_person_ms,
    CAST(SUM(CASE WHEN is_weekend = 1 THEN visits END) AS BIGINT) AS weekend_visits,
    CAST(SUM(CASE WHEN is_weekend = 1 THEN onlookers END) AS BIGINT) AS weekend_onlookers
  FROM hours
  GROUP BY location
),
rates AS (
  SELECT
    *,
    CAST(FLOOR(1000 * onlookers / NULLIF(visits, 0)) AS BIGINT) AS attention_rate_milli,
    CAST(FLOOR(1000 * person_ms / NULLIF(observed_ms, 0)) AS BIGINT) AS crowd_milli
  FROM totals
),
daily AS (
  SELECT
    location,
    day,
    CAST(SUM(observed_ms) AS BIGINT) AS observed_ms,
    CAST(SUM(person_ms) AS BIGINT) AS person_ms,
    CAST(SUM(visits) AS BIGINT) AS visits,
    CAST(SUM(onlookers) AS BIGINT) AS onlookers
  FROM audience_metrics
  WHERE observed_ms > 0
  GROUP BY location, day
),
residuals AS (
  SELECT
    daily.location,
    CAST(FLOOR(1000000 * daily.onlookers / NULLIF(totals.onlookers, 0)) AS BIGINT)
      - CAST(FLOOR(1000000 * daily.visits / NULLIF(totals.visits, 0)) AS BIGINT)
      + CAST(FLOOR(1000000 * daily.person_ms / NULLIF(totals.person_ms, 0)) AS BIGINT)
      - CAST(FLOOR(1000000 * daily.observed_ms / NULLIF(totals.observed_ms, 0)) AS BIGINT)
      AS residual_ppm
  FROM daily
  JOIN totals ON totals.location = daily.location
),
variation AS (
  SELECT
    location,
    COUNT(*) AS observed_days,
    CAST(SUM(residual_ppm * residual_ppm) AS BIGINT) AS squares
  FROM residuals
  GROUP BY location
),
errors AS (
  SELECT
    rates.location,
    observed_days,
    attention_rate_milli * crowd_milli AS effectiveness_micro,
    CASE WHEN observed_days >= 7 THEN
      CAST(FLOOR(SQRT(observed_days * squares / (observed_days - 1))) AS BIGINT)
    END AS relative_error_ppm
  FROM rates
  JOIN variation ON variation.location = rates.location
),
margins AS (
  SELECT
    *,
    CAST(FLOOR(2 * effectiveness_micro * relative_error_ppm / 1000000) AS BIGINT) AS margin_micro
  FROM errors
),
intervals AS (
  SELECT
    location,
    effectiveness_micro,
    CASE WHEN margin_micro > effectiveness_micro THEN 0 ELSE effectiveness_micro - margin_micro END
      AS low_micro,
    effectiveness_micro + margin_micro AS high_micro
  FROM margins
  WHERE margin_micro IS NOT NULL
),
bounds AS (
  SELECT location, low_micro AS bound_micro, 1 AS is_low FROM intervals
  UNION ALL
  SELECT location, high_micro AS bound_micro, 0 AS is_low FROM intervals
),
positions AS (
  SELECT
    location,
    is_low,
    SUM(is_low) OVER (
      ORDER BY bound_micro DESC, is_low, location
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS lows_above,
    SUM(1 - is_low) OVER (
      ORDER BY bound_micro, is_low DESC, location
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS highs_below
  FROM bounds
),
counted AS (
  SELECT COUNT(*) AS ranked_locations FROM intervals
),
ranks AS (
  SELECT
    intervals.location,
    low_micro,
    high_micro,
    CAST(RANK() OVER (ORDER BY effectiveness_micro DESC) AS BIGINT) AS position,
    CAST(1 + highs.lows_above AS BIGINT) AS best,
    CAST(ranked_locations - lows.highs_below AS BIGINT) AS worst
  FROM intervals
  JOIN positions AS highs ON highs.location = intervals.location AND highs.is_low = 0
  JOIN positions AS lows ON lows.location = intervals.location AND lows.is_low = 1
  CROSS JOIN counted
)
SELECT
  rates.location,
  profile_period.last_on AS day,
  profile_period.first_on,
  COALESCE(margins.observed_days, 0) AS observed_days,
  CAST(observed_hours AS BIGINT) AS observed_hours,
  observed_ms,
  expected_ms,
  CASE
    WHEN observed_ms >= expected_ms THEN CASE WHEN expected_ms > 0 THEN 1000 END
    ELSE CAST(FLOOR(1000 * observed_ms / NULLIF(expected_ms, 0)) AS BIGINT)
  END AS observed_share_milli,
  person_ms,
  looking_ms,
  entries,
  visits,
  onlookers,
  dwell_ms,
  crowd_milli,
  attention_rate_milli,
  CAST(FLOOR(dwell_ms / NULLIF(visits, 0)) AS BIGINT) AS dwell_mean_ms,
  morning_observed_ms,
  morning_visits,
  morning_onlookers,
  CAST(FLOOR(1000 * morning_person_ms / NULLIF(morning_observed_ms, 0)) AS BIGINT)
    AS morning_crowd_milli,
  CAST(FLOOR(1000 * morning_onlookers / NULLIF(morning_visits, 0)) AS BIGINT)
    AS morning_attention_rate_milli,
  evening_observed_ms,
  evening_visits,
  evening_onlookers,
  CAST(FLOOR(1000 * evening_person_ms / NULLIF(evening_observed_ms, 0)) AS BIGINT)
    AS evening_crowd_milli,
  CAST(FLOOR(1000 * evening_onlookers / NULLIF(evening_visits, 0)) AS BIGINT)
    AS evening_attention_rate_milli,
  weekday_observed_ms,
  weekday_visits,
  weekday_onlookers,
  CAST(FLOOR(1000 * weekday_person_ms / NULLIF(weekday_observed_ms, 0)) AS BIGINT)
    AS weekday_crowd_milli,
  CAST(FLOOR(1000 * weekday_onlookers / NULLIF(weekday_visits, 0)) AS BIGINT)
    AS weekday_attention_rate_milli,
  weekend_observed_ms,
  weekend_visits,
  weekend_onlookers,
  CAST(FLOOR(1000 * weekend_person_ms / NULLIF(weekend_observed_ms, 0)) AS BIGINT)
    AS weekend_crowd_milli,
  CAST(FLOOR(1000 * weekend_onlookers / NULLIF(weekend_visits, 0)) AS BIGINT)
    AS weekend_attention_rate_milli,
  margins.effectiveness_micro,
  margins.relative_error_ppm,
  ranks.low_micro AS effectiveness_low_micro,
  ranks.high_micro AS effectiveness_high_micro,
  ranks.position AS rank,
  ranks.best AS rank_best,
  ranks.worst AS rank_worst,
  counted.ranked_locations
FROM rates
CROSS JOIN profile_period
CROSS JOIN counted
LEFT JOIN margins ON margins.location = rates.location
LEFT JOIN ranks ON ranks.location = rates.location
