-- Mean days from invoice to payment of the last twelve months, against the rest of the category.
SELECT vendor_id, vendor, category, cases, payment_milli, peers_payment_milli,
    CAST(floor(payment_milli * 1000.0 / NULLIF(peers_payment_milli, 0) + 0.5) AS BIGINT)
        AS ratio_milli,
    day
FROM (
    SELECT vendor_id, vendor, category, cases, day,
        CAST(floor(days * 1000.0 / cases + 0.5) AS BIGINT) AS payment_milli,
        CAST(floor(
            (sum(days) OVER (PARTITION BY category) - days) * 1000.0
            / NULLIF(sum(cases) OVER (PARTITION BY category) - cases, 0) + 0.5
        ) AS BIGINT) AS peers_payment_milli
    FROM (
        SELECT cases.vendor_id, max(names.vendor_name) AS vendor, category, count(*) AS cases,
            CAST(sum(CAST(paid_on - invoiced_on AS INT)) AS BIGINT) AS days, max(ran_on) AS day
        FROM curated_procurement_cases AS cases
        CROSS JOIN run_time
        LEFT JOIN (
            SELECT vendor_id, max(vendor_name) AS vendor_name FROM trusted_procurement_vendors
            GROUP BY vendor_id
        ) AS names ON names.vendor_id = cases.vendor_id
        WHERE paid_on IS NOT NULL AND invoiced_on >= ran_on - INTERVAL '365' DAY
        GROUP BY cases.vendor_id, category
    ) AS sums
) AS compared
