"""Signed receipts of reports: what a device signs, and the envelope that carries it."""
