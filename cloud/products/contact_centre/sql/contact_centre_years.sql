-- Calls by year; the share handled is that of all its calls, not the mean of its days.
SELECT year, CAST(sum(offered) AS BIGINT) AS offered, CAST(sum(handled) AS BIGINT) AS handled,
    CAST(sum(abandoned) AS BIGINT) AS abandoned, count(*) AS days, min(day_on) AS first_on,
    max(day_on) AS last_on,
    CAST(floor(sum(handled) * 10000.0 / NULLIF(sum(offered), 0) + 0.5) AS BIGINT) AS handled_bp,
    max(ran_on) AS day
FROM curated_contact_centre_calls
CROSS JOIN run_time
GROUP BY year
