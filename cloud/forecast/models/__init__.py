"""Forecast models, their registry, and the selection of a model for each site."""
