-- Calls by month, and the share handled of the year up to the end of the month.
SELECT month_on, year, month, offered, handled, days,
    CAST(floor(handled * 10000.0 / NULLIF(offered, 0) + 0.5) AS BIGINT) AS handled_bp,
    CAST(floor(
        sum(handled) OVER (PARTITION BY year ORDER BY month_on) * 10000.0
        / NULLIF(sum(offered) OVER (PARTITION BY year ORDER BY month_on), 0) + 0.5
    ) AS BIGINT) AS year_handled_bp,
    ran_on AS day
FROM (
    SELECT CAST(date_trunc('MONTH', day_on) AS DATE) AS month_on, year, month,
        CAST(sum(offered) AS BIGINT) AS offered, CAST(sum(handled) AS BIGINT) AS handled,
        count(*) AS days
    FROM curated_contact_centre_calls
    GROUP BY CAST(date_trunc('MONTH', day_on) AS DATE), year, month
) AS months
CROSS JOIN run_time
