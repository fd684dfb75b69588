"""Selects the frames that the detector analyses: image quality, motion, snapshots."""
