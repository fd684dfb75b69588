"""Errors of an evaluation; the message says what was found, expected, and what to do."""


class EvaluationError(ValueError):
    """An evaluation that is not possible with these data."""


class CommandError(EvaluationError):
    """Options that do not fit together, or files of them that cannot be used."""
