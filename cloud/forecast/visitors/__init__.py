"""Attention rate, dwell and demographics by hour of the week."""
