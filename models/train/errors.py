"""Errors of a training run; the message says what was found, expected, and what to do."""


class TrainingDataError(ValueError):
    """Labels or views that are missing, damaged or do not fit the pictures."""
