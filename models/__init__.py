"""Training, export, evaluation and calibration of the networks."""
