"""Uploaded files: recognised, read into typed columns, and loaded into the lake once."""
