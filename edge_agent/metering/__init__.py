"""Sums per interval from sightings of people."""
