"""Attention rates by location, time and visitor group, with intervals; saved views and reports."""
