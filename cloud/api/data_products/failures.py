"""Why a request about a data product is refused."""

from collections.abc import Mapping
from typing import Final

from cloud.products.open_lake import NoLakeError


class UnknownDataProduct(LookupError):  # noqa: N818 - reads as what happened
    """There is no such product, table or figure for this caller."""


class UploadRefused(ValueError):  # noqa: N818 - reads as what happened
    """The file as a whole is not loaded."""


class DataProductConflict(RuntimeError):  # noqa: N818 - reads as what happened
    """Another program changes the same tables at the same time."""


class DataUnavailable(RuntimeError):  # noqa: N818 - reads as what happened
    """The rows cannot be read now."""


class InvalidQuestion(ValueError):  # noqa: N818 - reads as what happened
    """A filter, a dimension or an order that there is not."""


DATA_PRODUCT_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    DataProductConflict: (409, "Busy"),
    DataUnavailable: (503, "Data unavailable"),
    UploadRefused: (422, "File refused"),
    InvalidQuestion: (422, "Invalid question"),
    NoLakeError: (404, "No lake"),
    UnknownDataProduct: (404, "Unknown data product"),
}
