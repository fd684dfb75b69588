-- Monthly volume and revenue.
SELECT month_on, currency, count(*) AS orders, CAST(sum(amount_minor) AS BIGINT) AS revenue_minor,
    max(ran_on) AS day
FROM curated_orders_kept
CROSS JOIN run_time
GROUP BY month_on, currency
