"""Rows of other databases, pulled by the queries of uploads."""
