"""Figures of campaigns for the API."""
