"""Transactions of requests; repeated ones with the same `Idempotency-Key` are executed once."""
