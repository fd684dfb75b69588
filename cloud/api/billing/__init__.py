"""Routes of invoices, credit notes and payments."""
