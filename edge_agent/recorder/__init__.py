"""Pixelated video for audits: off by default, stored for a week at most, uploaded only by a job."""
