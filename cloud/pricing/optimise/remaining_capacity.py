"""The remaining capacity of a cap or the budget, slot by slot."""

from typing import Any, Final

from cloud.pricing.optimise.limit_rows import LimitRows
from cloud.pricing.optimise.offer import Floats, Integers

ROUNDING: Final = 1e-7
"""Of sums of pounds: far below a penny."""


class RemainingCapacity:
    """The remaining capacity of a limit; every slot is in exactly one of its rows."""

    def __init__(self, rows: LimitRows, bought: Integers) -> None:
        columns = rows.matrix.tocsc()
        self._row: Integers = columns.indices
        self._amounts: Floats = columns.data
        self._left: Floats = rows.sizes - rows.matrix @ bought

    def holds(self, slots: Any) -> Any:
        """Whether one more position of each of `slots` fits."""
        return self._amounts[slots] <= self._left[self._row[slots]] + ROUNDING

    def take(self, slot: int) -> None:
        """Use the capacity of one more position."""
        self._left[self._row[slot]] -= self._amounts[slot]
