-- Ended visits by location, UTC day and hour, age and gender. Beside them the observed and expected
-- time of the hour, and all its visits: a visit is described only in a group that is large enough.
-- Reports under a former id count under the present one.
WITH reports AS (
  SELECT
    COALESCE(present_id, location) AS location,
    CAST(starts_at AS DATE) AS day,
    CAST(EXTRACT(HOUR FROM starts_at) AS BIGINT) AS hour,
    CAST(SUM(observed_ms) AS BIGINT) AS observed_ms,
    CAST(SUM(visits) AS BIGINT) AS visits
  FROM trusted_audience_reports
  LEFT JOIN former_ids ON former_id = location
  GROUP BY
    COALESCE(present_id, location),
    CAST(starts_at AS DATE),
    CAST(EXTRACT(HOUR FROM starts_at) AS BIGINT)
),
cells AS (
  SELECT
    COALESCE(present_id, location) AS location,
    CAST(starts_at AS DATE) AS day,
    CAST(EXTRACT(HOUR FROM starts_at) AS BIGINT) AS hour,
    age,
    gender,
    CAST(SUM(visits) AS BIGINT) AS visits,
    CAST(SUM(onlookers) AS BIGINT) AS onlookers
  FROM trusted_audience_demographics
  LEFT JOIN former_ids ON former_id = location
  GROUP BY
    COALESCE(present_id, location),
    CAST(starts_at AS DATE),
    CAST(EXTRACT(HOUR FROM starts_at) AS BIGINT),
    age,
    gender
)
SELECT
  cells.location,
  cells.day,
  cells.hour,
  dim_date.weekday,
  listed.local_date,
  listed.local_hour,
  listed.local_weekday,
  cells.age,
  cells.gender,
  COALESCE(reports.observed_ms, 0) AS observed_ms,
  listed.expected_ms,
  reports.visits AS hour_visits,
  cells.visits,
  cells.onlookers,
  CAST(FLOOR(1000 * cells.onlookers / NULLIF(cells.visits, 0)) AS BIGINT) AS attention_rate_milli
FROM cells
JOIN dim_date ON dim_date.day = cells.day
LEFT JOIN reports
  ON reports.location = cells.location
  AND reports.day = cells.day
  AND reports.hour = cells.hour
LEFT JOIN location_hours AS listed
  ON listed.location = cells.location
  AND listed.day = cells.day
  AND listed.hour = cells.hour
