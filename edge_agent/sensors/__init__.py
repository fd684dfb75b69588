"""Sensors beside the camera: light from the picture, and readings of files, addresses, chips."""
