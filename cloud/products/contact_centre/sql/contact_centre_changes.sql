-- The change of the share handled against the same months of the year before, by month.
-- A month contributes its weight times the change of its share, and the change of its weight times
-- its former share; the sum over the months is the change of the whole.
SELECT year, month,
    CAST(floor(share_effect * 1000000 + 0.5) AS BIGINT) AS share_effect_ppm,
    CAST(floor(volume_effect * 1000000 + 0.5) AS BIGINT) AS volume_effect_ppm,
    CAST(floor((share_effect + volume_effect) * 1000000 + 0.5) AS BIGINT) AS change_ppm,
    ran_on AS day
FROM (
    SELECT present.year, present.month,
        present.offered / SUM(CAST(present.offered AS DOUBLE)) OVER (PARTITION BY present.year)
        * (CAST(present.handled AS DOUBLE) / present.offered
            - CAST(past.handled AS DOUBLE) / past.offered) AS share_effect,
        (present.offered / SUM(CAST(present.offered AS DOUBLE)) OVER (PARTITION BY present.year)
            - past.offered / SUM(CAST(past.offered AS DOUBLE)) OVER (PARTITION BY present.year))
        * (CAST(past.handled AS DOUBLE) / past.offered) AS volume_effect
    FROM curated_contact_centre_months AS present
    JOIN curated_contact_centre_months AS past
        ON past.year = present.year - 1 AND past.month = present.month
    WHERE present.offered > 0 AND past.offered > 0
) AS effects
CROSS JOIN run_time
