"""Why a network is not used. Each message says what was found, what was expected, what to do."""


class ModelError(Exception):
    """A network will not be used; the message says what was found, wanted, and what to do."""


class ModelMissingError(ModelError):
    """No card or no file under that name."""


class CardError(ModelError):
    """The card is not the JSON of a model card."""


class ChecksumError(ModelError):
    """The file is not the one its card describes."""


class ModelFormatError(ModelError):
    """The file is no ONNX network that this machine can run."""


class PortError(ModelError):
    """The network's inputs or outputs are not those of its card."""


class LicenceError(ModelError):
    """The network may be used for research only and nobody said that this is research."""
