"""Checks of the prerequisites of a run; they change nothing."""
