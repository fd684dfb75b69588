"""Payments: the providers, what they report, and the reconciliation."""
