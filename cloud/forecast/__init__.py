"""Audience forecasts: history, models, intervals, backtests, the nightly run."""
