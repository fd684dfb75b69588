"""Synthetic scenes of people walking past a screen, with ground truth."""
