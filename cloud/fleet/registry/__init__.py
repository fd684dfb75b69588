"""Registered devices, and how they relate to the sites file."""
