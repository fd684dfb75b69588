"""Synthetic scenes, reports and cameras for demonstrations and tests."""
