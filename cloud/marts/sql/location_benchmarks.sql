-- Each location against all locations and those of its venue type. Quartiles are values of
-- locations, by nearest rank. The error of a value comes from the differences between days: the
-- relative residual of a day is the share of the numerator minus that of the denominator.
WITH daily AS (
  SELECT
    location,
    day,
    CAST(SUM(observed_ms) AS BIGINT) AS observed_ms,
    CAST(SUM(person_ms) AS BIGINT) AS person_ms,
    CAST(SUM(visits) AS BIGINT) AS visits,
    CAST(SUM(onlookers) AS BIGINT) AS onlookers,
    CAST(SUM(dwell_ms) AS BIGINT) AS dwell_ms
  FROM audience_metrics
  GROUP BY location, day
),
totals AS (
  SELECT
    *,
    SUM(observed_ms) OVER (PARTITION BY location) AS all_observed_ms,
    SUM(person_ms) OVER (PARTITION BY location) AS all_person_ms,
    SUM(visits) OVER (PARTITION BY location) AS all_visits,
    SUM(onlookers) OVER (PARTITION BY location) AS all_onlookers,
    SUM(dwell_ms) OVER (PARTITION BY location) AS all_dwell_ms
  FROM daily
),
shares AS (
  SELECT
    *,
    CAST(FLOOR(1000000 * observed_ms / NULLIF(all_observed_ms, 0)) AS BIGINT) AS observed_ppm,
    CAST(FLOOR(1000000 * person_ms / NULLIF(all_person_ms, 0)) AS BIGINT) AS person_ppm,
    CAST(FLOOR(1000000 * visits / NULLIF(all_visits, 0)) AS BIGINT) AS visits_ppm,
    CAST(FLOOR(1000000 * onlookers / NULLIF(all_onlookers, 0)) AS BIGINT) AS onlookers_ppm,
    CAST(FLOOR(1000000 * dwell_ms / NULLIF(all_dwell_ms, 0)) AS BIGINT) AS dwell_ppm
  FROM totals
  WHERE observed_ms > 0
),
residuals AS (
  SELECT
    *,
    onlookers_ppm - visits_ppm AS attention_ppm,
    person_ppm - observed_ppm AS crowd_ppm,
    dwell_ppm - visits_ppm AS stay_ppm,
    onlookers_ppm - visits_ppm + person_ppm - observed_ppm AS effectiveness_ppm
  FROM shares
),
rates AS (
  SELECT
    location,
    COUNT(*) AS observed_days,
    CAST(FLOOR(1000 * MAX(all_onlookers) / NULLIF(MAX(all_visits), 0)) AS BIGINT)
      AS attention_rate_milli,
    CAST(FLOOR(1000 * MAX(all_person_ms) / NULLIF(MAX(all_observed_ms), 0)) AS BIGINT)
      AS crowd_milli,
    CAST(FLOOR(MAX(all_dwell_ms) / NULLIF(MAX(all_visits), 0)) AS BIGINT) AS dwell_mean_ms,
    CAST(SUM(attention_ppm * attention_ppm) AS BIGINT) AS attention_squares,
    CAST(SUM(crowd_ppm * crowd_ppm) AS BIGINT) AS crowd_squares,
    CAST(SUM(stay_ppm * stay_ppm) AS BIGINT) AS dwell_squares,
    CAST(SUM(effectiveness_ppm * effectiveness_ppm) AS BIGINT) AS effectiveness_squares
  FROM residuals
  GROUP BY location
),
measured AS (
  SELECT
    rates.location,
    venue_type,
    observed_days,
    peers,
    CASE WHEN peers = 'all' THEN peers ELSE venue_type END AS peer_group,
    measure,
    CASE
      WHEN measure = 'attention_rate_milli' THEN attention_rate_milli
      WHEN measure = 'crowd_milli' THEN crowd_milli
      WHEN measure = 'dwell_mean_ms' THEN dwell_mean_ms
      ELSE attention_rate_milli * crowd_milli
    END AS value,
    CASE
      WHEN measure = 'attention_rate_milli' THEN attention_squares
      WHEN measure = 'crowd_milli' THEN crowd_squares
      WHEN measure = 'dwell_mean_ms' THEN dwell_squares
      ELSE effectiveness_squares
    END AS squares
  FROM rates
  JOIN dim_location ON dim_location.location = rates.location
  CROSS JOIN benchmark_measures
  WHERE observed_days >= 7
),
errors AS (
  SELECT
    *,
    CASE WHEN value > 0 THEN
      CAST(FLOOR(SQRT(observed_days * squares / (observed_days - 1))) AS BIGINT)
    END AS relative_error_ppm
  FROM measured
  WHERE value IS NOT NULL
),
margins AS (
  SELECT
    *,
    CAST(FLOOR(2 * value * relative_error_ppm / 1000000) AS BIGINT) AS margin
  FROM errors
),
numbered AS (
  SELECT
    *,
    CASE WHEN margin > value THEN 0 ELSE value - margin END AS low,
    value + margin AS high,
    COUNT(*) OVER (PARTITION BY peers, peer_group, measure) AS locations,
    ROW_NUMBER() OVER (PARTITION BY peers, peer_group, measure ORDER BY value, location) AS number,
    RANK() OVER (PARTITION BY peers, peer_group, measure ORDER BY value DESC) AS position
  FROM margins
),
marked AS (
  SELECT
    *,
    CASE WHEN locations >= 5 AND number = FLOOR((locations + 3) / 4) THEN value END AS first_quarter,
    CASE WHEN locations >= 5 AND number = FLOOR((locations + 1) / 2) THEN value END AS lower_middle,
    CASE WHEN locations >= 5 AND number = FLOOR((locations + 2) / 2) THEN value END AS upper_middle,
    CASE WHEN locations >= 5 AND number = FLOOR((3 * locations + 3) / 4) THEN value END
      AS third_quarter
  FROM numbered
),
quartiles AS (
  SELECT
    *,
    MAX(first_quarter) OVER (PARTITION BY peers, peer_group, measure) AS lower_quartile,
    CAST(FLOOR(
      (
        MAX(lower_middle) OVER (PARTITION BY peers, peer_group, measure)
        + MAX(upper_middle) OVER (PARTITION BY peers, peer_group, measure)
      ) / 2
    ) AS BIGINT) AS median,
    MAX(third_quarter) OVER (PARTITION BY peers, peer_group, measure) AS upper_quartile
  FROM marked
)
SELECT
  location,
  profile_period.last_on AS day,
  peers,
  measure,
  venue_type,
  profile_period.first_on,
  observed_days,
  value,
  relative_error_ppm,
  low,
  high,
  CAST(locations AS BIGINT) AS locations,
  CAST(position AS BIGINT) AS rank,
  lower_quartile,
  median,
  upper_quartile,
  CAST(FLOOR(1000 * value / NULLIF(median, 0)) AS BIGINT) AS versus_median_milli,
  CASE
    WHEN low > upper_quartile THEN 'above'
    WHEN high < lower_quartile THEN 'below'
    WHEN low <= upper_quartile AND high >= lower_quartile THEN 'within'
  END AS standing
FROM quartiles
CROSS JOIN profile_period
