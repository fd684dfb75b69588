-- Orders and revenue of each customer; the average from two orders on.
SELECT customer_id, currency, count(*) AS orders,
    CAST(sum(amount_minor) AS BIGINT) AS revenue_minor,
    CASE WHEN count(*) >= 2
        THEN CAST(floor(sum(amount_minor) / count(*)) AS BIGINT) END AS average_minor,
    max(ran_on) AS day
FROM curated_orders_kept
CROSS JOIN run_time
GROUP BY customer_id, currency
