"""Repeated requests with the same `Idempotency-Key` are executed once."""
