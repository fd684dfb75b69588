"""Receipts of campaigns: the booked time for which they are exported."""
