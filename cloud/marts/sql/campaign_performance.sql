-- What was ordered and what was shown: each order line and creative by location, UTC day and hour.
-- Of a line that was changed, the newest version applies. A creative without an ordered line has a
-- row with a null line. What several lines have booked for one creative is divided between them by
-- booked time, without a remainder; times of people are divided by attention, so that each part
-- fits into the part of all people. All cameras of a location see the same screen: plays are those
-- of the camera that reports most. Unknown figures are null: plays of an hour without a report, or
-- in which time is not attributed to a creative, and the audience of plays that were not observed.
-- A device reports the time of few people without their creative, as unattributed.
WITH hours AS (
  SELECT
    COALESCE(present_id, location) AS location,
    CAST(starts_at AS DATE) AS day,
    CAST(EXTRACT(HOUR FROM starts_at) AS BIGINT) AS hour,
    CAST(SUM(observed_ms) AS BIGINT) AS observed_ms,
    CAST(SUM(person_ms) AS BIGINT) AS person_ms,
    CAST(SUM(visits) AS BIGINT) AS visits,
    CAST(SUM(onlookers) AS BIGINT) AS onlookers,
    CAST(SUM(dwell_ms) AS BIGINT) AS dwell_ms
  FROM trusted_audience_reports
  LEFT JOIN former_ids ON former_id = location
  GROUP BY
    COALESCE(present_id, location),
    CAST(starts_at AS DATE),
    CAST(EXTRACT(HOUR FROM starts_at) AS BIGINT)
),
camera_creatives AS (
  SELECT
    COALESCE(present_id, location) AS location,
    CAST(starts_at AS DATE) AS day,
    CAST(EXTRACT(HOUR FROM starts_at) AS BIGINT) AS hour,
    CASE WHEN creative = '-' THEN 'unknown' ELSE creative END AS creative,
    device,
    CAST(SUM(plays) AS BIGINT) AS plays,
    CAST(SUM(observed_ms) AS BIGINT) AS observed_ms,
    CAST(SUM(person_ms) AS BIGINT) AS person_ms,
    CAST(SUM(facing_ms) AS BIGINT) AS facing_ms,
    CAST(SUM(looking_ms) AS BIGINT) AS looking_ms,
    CAST(SUM(unsure_ms) AS BIGINT) AS unsure_ms
  FROM trusted_audience_creatives
  LEFT JOIN former_ids ON former_id = location
  GROUP BY
    COALESCE(present_id, location),
    CAST(starts_at AS DATE),
    CAST(EXTRACT(HOUR FROM starts_at) AS BIGINT),
    CASE WHEN creative = '-' THEN 'unknown' ELSE creative END,
    device
),
shown AS (
  SELECT
    location,
    day,
    hour,
    creative,
    COUNT(*) AS cameras,
    MAX(plays) AS plays,
    CAST(SUM(observed_ms) AS BIGINT) AS observed_ms,
    CAST(SUM(person_ms) AS BIGINT) AS person_ms,
    CAST(SUM(facing_ms) AS BIGINT) AS facing_ms,
    CAST(SUM(looking_ms) AS BIGINT) AS looking_ms,
    CAST(SUM(unsure_ms) AS BIGINT) AS unsure_ms
  FROM camera_creatives
  GROUP BY location, day, hour, creative
),
named AS (
  SELECT
    location,
    day,
    hour,
    CAST(SUM(observed_ms) AS BIGINT) AS observed_ms,
    CAST(SUM(person_ms) AS BIGINT) AS person_ms
  FROM shown
  WHERE creative <> 'unknown'
  GROUP BY location, day, hour
),
versions AS (
  SELECT
    *,
    MAX(version) OVER (PARTITION BY line_id, starts_at) AS newest_version
  FROM trusted_order_line_hours
),
booked AS (
  SELECT
    COALESCE(present_id, location) AS location,
    CAST(starts_at AS DATE) AS day,
    CAST(EXTRACT(HOUR FROM starts_at) AS BIGINT) AS hour,
    order_id,
    line_id,
    version AS line_version,
    account,
    advertiser,
    campaign,
    booking_status,
    creative,
    currency,
    booked_s,
    price_minor
  FROM versions
  LEFT JOIN former_ids ON former_id = location
  WHERE version = newest_version
    AND booked_s > 0
    AND booking_status IN ('Booked', 'InFlight', 'Finished', 'Stopped', 'Paused', 'ChangePending')
),
divided AS (
  SELECT
    *,
    CAST(SUM(booked_s) OVER (PARTITION BY location, day, hour, creative) AS BIGINT) AS all_s,
    CAST(
      SUM(booked_s) OVER (
        PARTITION BY location, day, hour, creative
        ORDER BY line_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS BIGINT
    ) AS until_s
  FROM booked
),
paired AS (
  SELECT
    COALESCE(divided.location, shown.location) AS location,
    COALESCE(divided.day, shown.day) AS day,
    COALESCE(divided.hour, shown.hour) AS hour,
    COALESCE(divided.creative, shown.creative) AS creative,
    order_id,
    line_id,
    line_version,
    account,
    advertiser,
    campaign,
    booking_status,
    currency,
    booked_s,
    price_minor,
    COALESCE(all_s, 1) AS all_s,
    COALESCE(until_s, 1) AS until_s,
    COALESCE(until_s - booked_s, 0) AS from_s,
    shown.location AS shown_at,
    cameras,
    plays,
    observed_ms,
    person_ms,
    facing_ms,
    looking_ms,
    unsure_ms
  FROM divided
  FULL OUTER JOIN shown
    ON divided.location = shown.location
    AND divided.day = shown.day
    AND divided.hour = shown.hour
    AND divided.creative = shown.creative
),
counted AS (
  SELECT
    paired.location,
    paired.day,
    paired.hour,
    dim_date.weekday,
    listed.local_date,
    listed.local_hour,
    listed.local_weekday,
    listed.expected_ms,
    order_id,
    line_id,
    line_version,
    account,
    advertiser,
    campaign,
    booking_status,
    creative,
    currency,
    booked_s,
    price_minor,
    loops.loop_s,
    loops.spot_s,
    COALESCE(hours.observed_ms, 0) AS hour_observed_ms,
    CASE WHEN hours.observed_ms > 0 THEN hours.visits ELSE NULLIF(hours.visits, 0) END
      AS hour_visits,
    CASE WHEN hours.observed_ms > 0 THEN hours.onlookers ELSE NULLIF(hours.onlookers, 0) END
      AS hour_onlookers,
    CASE WHEN hours.observed_ms > 0 THEN hours.dwell_ms ELSE NULLIF(hours.dwell_ms, 0) END
      AS hour_dwell_ms,
    hours.observed_ms - COALESCE(named.observed_ms, 0) AS unattributed_ms,
    hours.person_ms - COALESCE(named.person_ms, 0) AS unattributed_person_ms,
    cameras,
    CASE
      WHEN shown_at IS NOT NULL
        THEN CAST(FLOOR(plays * until_s / all_s) - FLOOR(plays * from_s / all_s) AS BIGINT)
      WHEN creative IS NOT NULL AND named.observed_ms = hours.observed_ms THEN 0
    END AS plays,
    CASE
      WHEN shown_at IS NOT NULL THEN CAST(
        FLOOR(paired.observed_ms * until_s / all_s) - FLOOR(paired.observed_ms * from_s / all_s)
        AS BIGINT
      )
      WHEN creative IS NOT NULL AND named.observed_ms = hours.observed_ms THEN 0
    END AS observed_ms,
    CAST(FLOOR(looking_ms * until_s / all_s) - FLOOR(looking_ms * from_s / all_s) AS BIGINT)
      AS looking_ms,
    CAST(
      FLOOR((facing_ms - looking_ms) * until_s / all_s)
        - FLOOR((facing_ms - looking_ms) * from_s / all_s) AS BIGINT
    ) AS only_facing_ms,
    CAST(FLOOR(unsure_ms * until_s / all_s) - FLOOR(unsure_ms * from_s / all_s) AS BIGINT)
      AS unsure_ms,
    CAST(
      FLOOR((paired.person_ms - facing_ms - unsure_ms) * until_s / all_s)
        - FLOOR((paired.person_ms - facing_ms - unsure_ms) * from_s / all_s) AS BIGINT
    ) AS averted_ms
  FROM paired
  JOIN dim_date ON dim_date.day = paired.day
  LEFT JOIN hours
    ON hours.location = paired.location
    AND hours.day = paired.day
    AND hours.hour = paired.hour
  LEFT JOIN named
    ON named.location = paired.location
    AND named.day = paired.day
    AND named.hour = paired.hour
  LEFT JOIN location_hours AS listed
    ON listed.location = paired.location
    AND listed.day = paired.day
    AND listed.hour = paired.hour
  LEFT JOIN location_loops AS loops
    ON loops.location = paired.location
  WHERE shown_at IS NOT NULL OR listed.location IS NOT NULL OR loops.location IS NULL
),
added AS (
  SELECT
    *,
    looking_ms + only_facing_ms AS facing_ms,
    looking_ms + only_facing_ms + unsure_ms + averted_ms AS person_ms
  FROM counted
),
rated AS (
  SELECT
    *,
    plays * spot_s AS play_s,
    CASE
      WHEN plays = 0 THEN 0
      ELSE CAST(FLOOR(1000 * plays * person_ms / NULLIF(observed_ms, 0)) AS BIGINT)
    END AS ots_milli,
    CASE
      WHEN plays = 0 THEN 0
      ELSE CAST(FLOOR(1000 * plays * looking_ms / NULLIF(observed_ms, 0)) AS BIGINT)
    END AS looking_ots_milli
  FROM added
)
SELECT
  location,
  day,
  hour,
  weekday,
  local_date,
  local_hour,
  local_weekday,
  order_id,
  line_id,
  line_version,
  account,
  advertiser,
  campaign,
  booking_status,
  creative,
  currency,
  booked_s,
  price_minor,
  CAST(FLOOR(1000 * booked_s / loop_s) AS BIGINT) AS ordered_plays_milli,
  cameras,
  plays,
  play_s,
  CAST(FLOOR(1000 * plays * loop_s / NULLIF(booked_s, 0)) AS BIGINT) AS delivery_milli,
  observed_ms,
  CASE
    WHEN observed_ms >= 1000 * cameras * play_s THEN CASE WHEN cameras * play_s > 0 THEN 1000 END
    ELSE CAST(FLOOR(observed_ms / NULLIF(cameras * play_s, 0)) AS BIGINT)
  END AS observed_share_milli,
  CASE WHEN observed_ms > 0 THEN person_ms ELSE NULLIF(person_ms, 0) END AS person_ms,
  CASE WHEN observed_ms > 0 THEN facing_ms ELSE NULLIF(facing_ms, 0) END AS facing_ms,
  CASE WHEN observed_ms > 0 THEN looking_ms ELSE NULLIF(looking_ms, 0) END AS looking_ms,
  CASE WHEN observed_ms > 0 THEN unsure_ms ELSE NULLIF(unsure_ms, 0) END AS unsure_ms,
  CAST(FLOOR(1000 * looking_ms / NULLIF(person_ms, 0)) AS BIGINT) AS looking_share_milli,
  ots_milli,
  looking_ots_milli,
  CASE WHEN ots_milli IS NOT NULL THEN price_minor END AS measured_price_minor,
  CAST(FLOOR(1000000 * price_minor / NULLIF(ots_milli, 0)) AS BIGINT) AS cpm_minor,
  hour_observed_ms,
  expected_ms,
  unattributed_ms,
  unattributed_person_ms,
  hour_visits,
  hour_onlookers,
  hour_dwell_ms,
  CAST(FLOOR(1000 * hour_onlookers / NULLIF(hour_visits, 0)) AS BIGINT) AS attention_rate_milli,
  CAST(FLOOR(hour_dwell_ms / NULLIF(hour_visits, 0)) AS BIGINT) AS dwell_mean_ms
FROM rated
