"""What an evaluation will not do; the message says what was found, wanted, and what to do."""


class EvaluationError(ValueError):
    """An evaluation that cannot be made."""
