"""Backtests: reading hourly series from files, forecasting past weeks, scoring."""
