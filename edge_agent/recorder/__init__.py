"""Anonymised video for audit: off by default, kept for a week at most, sent only when asked for."""
