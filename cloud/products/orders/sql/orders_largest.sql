-- The ten largest orders of each month and currency.
SELECT month_on, currency, place, order_id, customer_id, ordered_on, amount_minor, ran_on AS day
FROM (
    SELECT kept.*, row_number() OVER (
        PARTITION BY month_on, currency ORDER BY amount_minor DESC, order_id
    ) AS place
    FROM curated_orders_kept AS kept
) AS placed
CROSS JOIN run_time
WHERE place <= 10
