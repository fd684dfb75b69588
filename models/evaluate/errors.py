"""What an evaluation will not do; the message says what was found, wanted, and what to do."""


class EvaluationError(ValueError):
    """An evaluation that cannot be made."""


class CommandError(EvaluationError):
    """Options, or files that they name, that do not make a command."""
