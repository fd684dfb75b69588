"""Organisations that buy or own screens, with their brands."""
