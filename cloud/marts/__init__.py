"""Marts: tables for reports and BI tools, one SQL text for DuckDB and Spark."""
