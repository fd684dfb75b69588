"""Ingest of price points of shops: validate, commit once, and keep what is refused for repair."""
