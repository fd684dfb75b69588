"""Synthetic cameras and histories, and faults in their delivery."""
