"""Invoices, credit notes, the ledger, and payments."""
