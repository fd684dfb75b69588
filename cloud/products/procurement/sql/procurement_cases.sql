-- One row for each purchase order that was not cancelled, with the days of its steps.
SELECT orders.po, orders.vendor_id, orders.category, orders.contract, orders.ordered_on,
    CAST(date_trunc('MONTH', orders.ordered_on) AS DATE) AS month_on, orders.amount_minor,
    approvals.approved_on, approvals.approvals, receipts.received_goods_on,
    invoices.invoiced_on, payments.paid_on, ran_on AS day
FROM (
    SELECT placed.*, row_number() OVER (
        PARTITION BY po ORDER BY received_at DESC, upload_row DESC
    ) AS version
    FROM trusted_procurement_orders AS placed
) AS orders
CROSS JOIN run_time
LEFT JOIN (
    SELECT po, max(approved_on) AS approved_on, count(DISTINCT approved_on) AS approvals
    FROM trusted_procurement_approvals GROUP BY po
) AS approvals ON approvals.po = orders.po
LEFT JOIN (
    SELECT po, max(received_goods_on) AS received_goods_on
    FROM trusted_procurement_receipts GROUP BY po
) AS receipts ON receipts.po = orders.po
LEFT JOIN (
    SELECT po, min(invoiced_on) AS invoiced_on, min(invoice) AS invoice
    FROM trusted_procurement_invoices GROUP BY po
) AS invoices ON invoices.po = orders.po
LEFT JOIN (
    SELECT invoice, max(paid_on) AS paid_on FROM trusted_procurement_payments GROUP BY invoice
) AS payments ON payments.invoice = invoices.invoice
WHERE version = 1 AND lower(orders.status) NOT IN ('cancelled', 'canceled')
