"""Notifications for users: found by rules, planned by preferences, sent once."""
