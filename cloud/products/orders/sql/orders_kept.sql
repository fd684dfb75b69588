-- Each order as received last, without pending and cancelled ones older than 30 days.
SELECT order_id, customer_id, ordered_on, CAST(date_trunc('MONTH', ordered_on) AS DATE) AS month_on,
    lower(status) AS status, amount_minor, currency, ran_on AS day
FROM (
    SELECT placed.*, row_number() OVER (
        PARTITION BY order_id ORDER BY received_at DESC, upload_row DESC
    ) AS version
    FROM trusted_orders_placed AS placed
) AS versions
CROSS JOIN run_time
WHERE version = 1
    AND NOT (lower(status) IN ('pending', 'cancelled') AND ordered_on < ran_on - INTERVAL '30' DAY)
