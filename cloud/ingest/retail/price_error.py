"""A price point that is refused: the reason, what was found, what was expected, and where."""

from dataclasses import dataclass
from typing import Final

from cloud.retail_wire import PriceErrorReason

LONGEST_TEXT: Final = 300
"""Characters of what was found or expected."""
LONGEST_PAYLOAD: Final = 4_096
"""Bytes of a payload that are stored; a longer one is cut and can only be replaced."""


class PriceRefusal(ValueError):  # noqa: N818 - reads as what happened
    """Raised by a check; `field` is None where it is not about one field."""

    def __init__(
        self, reason: PriceErrorReason, field: str | None, found: object, expected: str
    ) -> None:
        super().__init__(f"{reason}: found {found}, expected {expected}")
        self.reason = reason
        self.field = field
        self.found = str(found)[:LONGEST_TEXT]
        self.expected = expected[:LONGEST_TEXT]


@dataclass(frozen=True, slots=True)
class PriceError:
    """An entry for the error queue. `payload` is the point as received, as JSON where possible."""

    reason: PriceErrorReason
    field: str | None
    found: str
    expected: str
    position: str
    payload: bytes

    def __str__(self) -> str:
        field = f" in {self.field}" if self.field else ""
        return (
            f"{self.position}: {self.reason}{field}: found {self.found}, expected {self.expected}"
        )


def describe_refusal(refusal: PriceRefusal, position: str, payload: bytes) -> PriceError:
    """The entry for a refusal."""
    return PriceError(
        refusal.reason, refusal.field, refusal.found, refusal.expected, position, payload
    )
