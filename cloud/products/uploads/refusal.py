"""Why a file is not loaded."""


class UploadRefusedError(ValueError):
    """The file as a whole cannot be read: what was found, what was expected, what to do."""
