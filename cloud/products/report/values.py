"""Values of results as a report writes them; `static/values.js` writes them in the same way."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from cloud.products.definitions.product import Unit

MISSING: Final = "no data"
"""What stands in place of a null, which is no zero."""
FIGURES: Final = ("count", "money", "basis_points", "thousandths", "hours", "days")
SCALES: Final = {"money": (100, 2), "basis_points": (100, 2), "thousandths": (1_000, 1)}
"""What the stored number is divided by, and the decimal places shown."""


def is_figure(unit: Unit) -> bool:
    """Whether the values of a column are numbers that can be drawn."""
    return unit.kind in FIGURES


def encode(value: Any) -> Any:
    """The value as JSON has it; days and instants as text."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def write_value(value: Any, unit: Unit) -> str:
    """The value in words, such as 12.3 for 12,345 thousandths."""
    if value is None:
        return MISSING
    if unit.kind == "month":
        return str(encode(value))[:7]
    if not is_figure(unit) or isinstance(value, str | bool):
        return str(encode(value))
    scale, places = SCALES.get(unit.kind, (1, 0))
    shown = _write_decimal(Decimal(value), scale, places)
    if unit.kind == "basis_points":
        return f"{shown} %"
    return f"{shown} {unit.currency}" if unit.currency else shown


def _write_decimal(value: Decimal, scale: int, places: int) -> str:
    step = Decimal(10) ** -places
    rounded = (value / scale).quantize(step, ROUND_HALF_UP)
    return f"{rounded + 0:,}"  # without the sign of a negative zero
