"""The curated zone: results that are computed from the trusted zone."""
