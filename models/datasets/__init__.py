"""Readers of the data sets for training and evaluation."""
