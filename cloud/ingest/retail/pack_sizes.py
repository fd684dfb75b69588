"""Pack sizes such as `1 l`, `250 g` or `6 x 330 ml`: the quantity in a common unit."""

import re
from fractions import Fraction
from functools import lru_cache
from typing import Final

SIZE: Final = re.compile(
    r"\s*(?:(?P<count>\d{1,4})\s*[x\u00d7*]\s*)?(?P<amount>\d{1,6}(?:[.,]\d{1,4})?)\s*"
    r"(?P<unit>[a-zA-Z]+(?: [a-zA-Z]+)?)\s*"
)
UNITS: Final = {
    "ml": ("volume", Fraction(1)),
    "cl": ("volume", Fraction(10)),
    "l": ("volume", Fraction(1_000)),
    "fl oz": ("volume", Fraction(295_735, 10_000)),
    "mg": ("mass", Fraction(1, 1_000)),
    "g": ("mass", Fraction(1)),
    "kg": ("mass", Fraction(1_000)),
    "oz": ("mass", Fraction(28_349_523, 1_000_000)),
    "lb": ("mass", Fraction(45_359_237, 100_000)),
    "pc": ("pieces", Fraction(1)),
    "pcs": ("pieces", Fraction(1)),
}
TOLERANCE: Final = Fraction(1, 100)
"""Sizes that differ by less are the same in rounded units: 64 fl oz are 1.89 l."""


class PackSizeError(ValueError):
    """A text that is no pack size."""


@lru_cache(maxsize=4_096)
def parse_pack_size(text: str) -> tuple[str, Fraction]:
    """What is measured and how much; raises PackSizeError."""
    found = SIZE.fullmatch(text)
    if found is None or found["unit"].lower() not in UNITS:
        raise PackSizeError(
            f"found {text[:60]!r}, expected a size such as 1 l, 250 g or 6 x 330 ml; units are "
            f"{', '.join(UNITS)}"
        )
    kind, factor = UNITS[found["unit"].lower()]
    return kind, int(found["count"] or 1) * Fraction(found["amount"].replace(",", ".")) * factor


@lru_cache(maxsize=4_096)
def is_same_size(first: str, second: str) -> bool:
    """Whether two sizes are the same quantity; texts that are no sizes must be equal."""
    if first == second:
        return True
    try:
        (kind, amount), (other_kind, other) = parse_pack_size(first), parse_pack_size(second)
    except PackSizeError:
        return False
    return kind == other_kind and abs(amount - other) <= TOLERANCE * max(amount, other)
