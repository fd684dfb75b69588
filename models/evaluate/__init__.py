"""Accuracy, calibration and speed of the networks."""
