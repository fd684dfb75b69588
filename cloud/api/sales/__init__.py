"""Routes of sales and finance staff: rate card, proposals, approvals, revenue."""
