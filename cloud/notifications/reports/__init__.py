"""Scheduled reports: saved views that are sent by e-mail, weekly or monthly."""
