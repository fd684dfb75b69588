"""What goes with a change: a regression of the cases on possible drivers.

The effect of a driver is its coefficient times the change of its mean. The effects and the
unexplained rest add up to the change. It is an association: drivers that move together share it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

RIDGE: Final = 1e-6
"""Relative to the spread: lets drivers that never vary have no effect."""
LEAST_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class DriverEffects:
    """Effects in the unit of the values, by driver; `likeliest` explains most, and a tenth."""

    effects: Mapping[str, float]
    unexplained: float
    likeliest: str | None


def explain_change(
    values: np.ndarray, drivers: Mapping[str, np.ndarray], is_after: np.ndarray
) -> DriverEffects:
    """Explain the difference of the means of `values` after and before.

    Args:
        values: one number for each case, shape (n,).
        drivers: for each driver one number for each case, shape (n,).
        is_after: whether a case lies after the change, shape (n,).
    """
    change = float(values[is_after].mean() - values[~is_after].mean())
    columns = np.column_stack(list(drivers.values()))
    centred = columns - columns.mean(axis=0)
    spread = centred.std(axis=0)
    scaled = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    gram = scaled.T @ scaled + RIDGE * len(values) * np.eye(len(drivers))
    slopes = np.linalg.solve(gram, scaled.T @ (values - values.mean()))
    moved = scaled[is_after].mean(axis=0) - scaled[~is_after].mean(axis=0)
    effects = dict(zip(drivers, map(float, slopes * moved), strict=True))
    name, largest = max(effects.items(), key=lambda one: one[1] * np.sign(change))
    explains = largest * np.sign(change) >= LEAST_SHARE * abs(change)
    return DriverEffects(effects, change - sum(effects.values()), name if explains else None)
