"""Alerts: evaluated every minute, held, acknowledged, cleared, and told to recipients."""
