"""Why a network is not used. Each message says what was found, what was expected, what to do."""


class ModelError(Exception):
    """A network that is not used: what was found, what was expected, what to do."""


class ModelMissingError(ModelError):
    """There is no card or no weights file of that name."""


class CardError(ModelError):
    """The card is not the JSON of a model card."""


class ChecksumError(ModelError):
    """The checksum of the file is not the one on its card."""


class ModelFormatError(ModelError):
    """The file is not an ONNX network that this machine can run."""


class PortError(ModelError):
    """The network's inputs or outputs are not those of its card."""


class LicenceError(ModelError):
    """The licence allows research only, and the configuration does not accept that."""
