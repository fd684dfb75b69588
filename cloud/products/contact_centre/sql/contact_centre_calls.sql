-- Each day as received last.
SELECT day_on, CAST(EXTRACT(YEAR FROM day_on) AS BIGINT) AS year,
    CAST(EXTRACT(MONTH FROM day_on) AS BIGINT) AS month, offered, handled, abandoned, answer_ms,
    service_level_bp, ran_on AS day
FROM (
    SELECT days.*, row_number() OVER (
        PARTITION BY day_on ORDER BY received_at DESC, upload_row DESC
    ) AS version
    FROM trusted_contact_centre_days AS days
) AS versions
CROSS JOIN run_time
WHERE version = 1
