-- Each location by month and by season, with its public holidays apart. The error of the
-- effectiveness comes from the differences between days, as in the profiles; it is null when fewer
-- than half of the days of the period are observed.
WITH hours AS (
  SELECT metrics.*, CASE WHEN holidays.local_date IS NULL THEN 0 ELSE 1 END AS is_holiday
  FROM audience_metrics AS metrics
  LEFT JOIN location_holidays AS holidays
    ON holidays.location = metrics.location
    AND holidays.local_date = metrics.local_date
),
daily AS (
  SELECT
    location,
    day,
    CAST(SUM(observed_ms) AS BIGINT) AS observed_ms,
    CAST(SUM(expected_ms) AS BIGINT) AS expected_ms,
    CAST(SUM(person_ms) AS BIGINT) AS person_ms,
    CAST(SUM(visits) AS BIGINT) AS visits,
    CAST(SUM(onlookers) AS BIGINT) AS onlookers,
    CAST(SUM(dwell_ms) AS BIGINT) AS dwell_ms,
    CAST(SUM(CASE WHEN is_holiday = 1 THEN observed_ms END) AS BIGINT) AS holiday_observed_ms,
    CAST(SUM(CASE WHEN is_holiday = 1 THEN person_ms END) AS BIGINT) AS holiday_person_ms,
    CAST(SUM(CASE WHEN is_holiday = 1 THEN visits END) AS BIGINT) AS holiday_visits,
    CAST(SUM(CASE WHEN is_holiday = 1 THEN onlookers END) AS BIGINT) AS holiday_onlookers
  FROM hours
  GROUP BY location, day
),
totals AS (
  SELECT
    daily.*,
    season_on,
    period,
    first_on,
    period_days,
    SUM(observed_ms) OVER (PARTITION BY location, period, first_on) AS all_observed_ms,
    SUM(person_ms) OVER (PARTITION BY location, period, first_on) AS all_person_ms,
    SUM(visits) OVER (PARTITION BY location, period, first_on) AS all_visits,
    SUM(onlookers) OVER (PARTITION BY location, period, first_on) AS all_onlookers
  FROM daily
  JOIN season_days ON season_days.day = daily.day
),
residuals AS (
  SELECT
    *,
    CASE WHEN observed_ms > 0 THEN
      CAST(FLOOR(1000000 * onlookers / NULLIF(all_onlookers, 0)) AS BIGINT)
        - CAST(FLOOR(1000000 * visits / NULLIF(all_visits, 0)) AS BIGINT)
        + CAST(FLOOR(1000000 * person_ms / NULLIF(all_person_ms, 0)) AS BIGINT)
        - CAST(FLOOR(1000000 * observed_ms / NULLIF(all_observed_ms, 0)) AS BIGINT)
    END AS residual_ppm
  FROM totals
),
periods AS (
  SELECT
    location,
    season_on,
    period,
    first_on,
    period_days,
    SUM(CASE WHEN observed_ms > 0 THEN 1 ELSE 0 END) AS observed_days,
    CAST(SUM(observed_ms) AS BIGINT) AS observed_ms,
    CAST(SUM(expected_ms) AS BIGINT) AS expected_ms,
    CAST(SUM(person_ms) AS BIGINT) AS person_ms,
    CAST(SUM(visits) AS BIGINT) AS visits,
    CAST(SUM(onlookers) AS BIGINT) AS onlookers,
    CAST(SUM(dwell_ms) AS BIGINT) AS dwell_ms,
    CAST(SUM(holiday_observed_ms) AS BIGINT) AS holiday_observed_ms,
    CAST(SUM(holiday_person_ms) AS BIGINT) AS holiday_person_ms,
    CAST(SUM(holiday_visits) AS BIGINT) AS holiday_visits,
    CAST(SUM(holiday_onlookers) AS BIGINT) AS holiday_onlookers,
    CAST(SUM(residual_ppm * residual_ppm) AS BIGINT) AS squares
  FROM residuals
  GROUP BY location, season_on, period, first_on, period_days
),
rates AS (
  SELECT
    *,
    CAST(FLOOR(1000 * onlookers / NULLIF(visits, 0)) AS BIGINT) AS attention_rate_milli,
    CAST(FLOOR(1000 * person_ms / NULLIF(observed_ms, 0)) AS BIGINT) AS crowd_milli,
    CASE WHEN 2 * observed_days >= period_days THEN
      CAST(FLOOR(SQRT(observed_days * squares / (observed_days - 1))) AS BIGINT)
    END AS relative_error_ppm
  FROM periods
),
margins AS (
  SELECT
    *,
    attention_rate_milli * crowd_milli AS effectiveness_micro,
    CAST(FLOOR(2 * attention_rate_milli * crowd_milli * relative_error_ppm / 1000000) AS BIGINT)
      AS margin_micro
  FROM rates
)
SELECT
  margins.location,
  season_on AS day,
  period,
  first_on,
  season_names.season,
  period_days,
  CAST(observed_days AS BIGINT) AS observed_days,
  observed_ms,
  expected_ms,
  CASE
    WHEN observed_ms >= expected_ms THEN CASE WHEN expected_ms > 0 THEN 1000 END
    ELSE CAST(FLOOR(1000 * observed_ms / NULLIF(expected_ms, 0)) AS BIGINT)
  END AS observed_share_milli,
  person_ms,
  visits,
  onlookers,
  dwell_ms,
  crowd_milli,
  attention_rate_milli,
  CAST(FLOOR(dwell_ms / NULLIF(visits, 0)) AS BIGINT) AS dwell_mean_ms,
  holiday_observed_ms,
  holiday_person_ms,
  holiday_visits,
  holiday_onlookers,
  CAST(FLOOR(1000 * holiday_person_ms / NULLIF(holiday_observed_ms, 0)) AS BIGINT)
    AS holiday_crowd_milli,
  CAST(FLOOR(1000 * holiday_onlookers / NULLIF(holiday_visits, 0)) AS BIGINT)
    AS holiday_attention_rate_milli,
  effectiveness_micro,
  relative_error_ppm,
  CASE WHEN margin_micro > effectiveness_micro THEN 0 ELSE effectiveness_micro - margin_micro END
    AS effectiveness_low_micro,
  effectiveness_micro + margin_micro AS effectiveness_high_micro
FROM margins
LEFT JOIN season_names ON season_names.location = margins.location
