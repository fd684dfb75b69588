-- Orders as received last by status, and how many of them count.
SELECT lower(placed.status) AS status, count(*) AS received, count(kept.order_id) AS kept,
    count(*) - count(kept.order_id) AS left_out, max(ran_on) AS day
FROM (
    SELECT placed.*, row_number() OVER (
        PARTITION BY order_id ORDER BY received_at DESC, upload_row DESC
    ) AS version
    FROM trusted_orders_placed AS placed
) AS placed
CROSS JOIN run_time
LEFT JOIN curated_orders_kept AS kept ON kept.order_id = placed.order_id
WHERE version = 1
GROUP BY lower(placed.status)
