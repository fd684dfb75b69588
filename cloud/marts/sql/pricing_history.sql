-- Prices published for each location and UTC hour. A lead time is counted in days from the local day
-- of a publication to that of the hour; the UTC day stands in for the local day of a location that
-- the sites file does not list. Sheets and orders under a former id count under the present one.
-- Of an order line that was changed, the newest version applies.
WITH sheets AS (
  SELECT
    COALESCE(present_id, location) AS location,
    CAST(hour_at AS DATE) AS day,
    CAST(EXTRACT(HOUR FROM hour_at) AS BIGINT) AS hour,
    published_on,
    published_at,
    price_minor,
    currency,
    versions
  FROM trusted_published_prices
  LEFT JOIN former_ids ON former_id = location
),
dated AS (
  SELECT
    sheets.*,
    dim_date.weekday,
    listed.local_date,
    listed.local_hour,
    listed.local_weekday,
    sold.number - published.number AS lead_days
  FROM sheets
  JOIN dim_date ON dim_date.day = sheets.day
  LEFT JOIN location_hours AS listed
    ON listed.location = sheets.location
    AND listed.day = sheets.day
    AND listed.hour = sheets.hour
  JOIN day_numbers AS sold ON sold.date_on = COALESCE(listed.local_date, sheets.day)
  JOIN day_numbers AS published ON published.date_on = sheets.published_on
),
numbered AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY location, day, hour ORDER BY published_at, published_on, price_minor, versions
    ) AS number,
    LAG(price_minor) OVER (
      PARTITION BY location, day, hour ORDER BY published_at, published_on, price_minor, versions
    ) AS price_before,
    COUNT(*) OVER (PARTITION BY location, day, hour) AS publications
  FROM dated
),
led AS (
  SELECT
    *,
    MAX(CASE WHEN lead_days >= 1 THEN number END) OVER (PARTITION BY location, day, hour) AS at_1,
    MAX(CASE WHEN lead_days >= 7 THEN number END) OVER (PARTITION BY location, day, hour) AS at_7,
    MAX(CASE WHEN lead_days >= 28 THEN number END) OVER (PARTITION BY location, day, hour) AS at_28,
    MAX(CASE WHEN lead_days >= 84 THEN number END) OVER (PARTITION BY location, day, hour) AS at_84
  FROM numbered
),
priced AS (
  SELECT
    location,
    day,
    hour,
    weekday,
    local_date,
    local_hour,
    local_weekday,
    MAX(CASE WHEN number = publications THEN currency END) AS currency,
    COUNT(*) AS publications,
    MAX(CASE WHEN number = 1 THEN published_on END) AS first_published_on,
    MAX(CASE WHEN number = 1 THEN price_minor END) AS first_price_minor,
    MAX(CASE WHEN number = publications THEN published_on END) AS last_published_on,
    MAX(CASE WHEN number = publications THEN price_minor END) AS last_price_minor,
    MIN(price_minor) AS lowest_price_minor,
    MAX(price_minor) AS highest_price_minor,
    CAST(SUM(CASE WHEN price_minor <> price_before THEN 1 ELSE 0 END) AS BIGINT) AS price_changes,
    MAX(CASE WHEN number = at_1 THEN price_minor END) AS price_1_days_before_minor,
    MAX(CASE WHEN number = at_7 THEN price_minor END) AS price_7_days_before_minor,
    MAX(CASE WHEN number = at_28 THEN price_minor END) AS price_28_days_before_minor,
    MAX(CASE WHEN number = at_84 THEN price_minor END) AS price_84_days_before_minor,
    MAX(CASE WHEN number = 1 THEN versions END) AS first_versions,
    MAX(CASE WHEN number = publications THEN versions END) AS last_versions,
    COUNT(DISTINCT versions) AS distinct_versions
  FROM led
  GROUP BY location, day, hour, weekday, local_date, local_hour, local_weekday
),
versions AS (
  SELECT
    *,
    MAX(version) OVER (PARTITION BY line_id, starts_at) AS newest_version
  FROM trusted_order_line_hours
),
lines AS (
  SELECT
    COALESCE(present_id, location) AS location,
    CAST(starts_at AS DATE) AS day,
    CAST(EXTRACT(HOUR FROM starts_at) AS BIGINT) AS hour,
    currency,
    line_id,
    MAX(positions) AS positions,
    CAST(SUM(booked_s) AS BIGINT) AS booked_s,
    CAST(SUM(price_minor) AS BIGINT) AS price_minor
  FROM versions
  LEFT JOIN former_ids ON former_id = location
  WHERE version = newest_version
    AND booked_s > 0
    AND booking_status IN ('Booked', 'InFlight', 'Finished', 'Stopped', 'Paused', 'ChangePending')
  GROUP BY
    COALESCE(present_id, location),
    CAST(starts_at AS DATE),
    CAST(EXTRACT(HOUR FROM starts_at) AS BIGINT),
    currency,
    line_id
),
booked AS (
  SELECT
    location,
    day,
    hour,
    currency,
    CAST(SUM(positions) AS BIGINT) AS positions,
    CAST(SUM(booked_s) AS BIGINT) AS booked_s,
    CAST(SUM(price_minor) AS BIGINT) AS price_minor,
    CAST(MIN(FLOOR(3600 * price_minor / booked_s)) AS BIGINT) AS lowest_minor,
    CAST(MAX(FLOOR(3600 * price_minor / booked_s)) AS BIGINT) AS highest_minor
  FROM lines
  GROUP BY location, day, hour, currency
)
SELECT
  priced.*,
  booked.positions AS booked_positions,
  CAST(FLOOR(3600 * booked.price_minor / booked.booked_s) AS BIGINT) AS booked_price_minor,
  booked.lowest_minor AS booked_lowest_price_minor,
  booked.highest_minor AS booked_highest_price_minor
FROM priced
LEFT JOIN booked
  ON booked.location = priced.location
  AND booked.day = priced.day
  AND booked.hour = priced.hour
  AND booked.currency = priced.currency
