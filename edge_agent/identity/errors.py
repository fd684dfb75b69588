"""The error of an identity that is missing or cannot be used."""


class IdentityError(RuntimeError):
    """An identity that is missing or cannot be used: what was found, what to do."""
