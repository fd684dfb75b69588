"""Prices of slots from a forecast and a rate card, impressions, and media plans. No I/O."""
