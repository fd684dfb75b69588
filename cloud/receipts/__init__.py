"""Signed receipts of devices: the log, its proofs, and their verification."""
