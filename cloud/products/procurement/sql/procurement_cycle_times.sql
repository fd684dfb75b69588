-- Mean days of each step by vendor, category and month of the order; null where no order has it.
SELECT cases.vendor_id, max(names.vendor_name) AS vendor, category, month_on, count(*) AS cases,
    CAST(floor(avg(CAST(approved_on - ordered_on AS INT)) * 1000 + 0.5) AS BIGINT)
        AS approval_milli,
    CAST(floor(avg(CAST(received_goods_on - approved_on AS INT)) * 1000 + 0.5) AS BIGINT)
        AS goods_milli,
    CAST(floor(avg(CAST(invoiced_on - received_goods_on AS INT)) * 1000 + 0.5) AS BIGINT)
        AS invoice_milli,
    CAST(floor(avg(CAST(paid_on - invoiced_on AS INT)) * 1000 + 0.5) AS BIGINT)
        AS payment_milli,
    max(ran_on) AS day
FROM curated_procurement_cases AS cases
CROSS JOIN run_time
LEFT JOIN (
    SELECT vendor_id, max(vendor_name) AS vendor_name FROM trusted_procurement_vendors GROUP BY vendor_id
) AS names ON names.vendor_id = cases.vendor_id
GROUP BY cases.vendor_id, category, month_on
