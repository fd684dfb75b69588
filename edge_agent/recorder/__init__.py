"""Pixelated video for audits: off by default, kept for a week at most, uploaded only by a job."""
