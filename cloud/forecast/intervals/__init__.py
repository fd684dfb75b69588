"""Forecast intervals: conformal bands, sanity bounds, widening around holidays."""
