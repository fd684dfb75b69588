"""Hours too far below their own usual: one hour measured as zero where many people usually are.

Repeated low hours are genuine and stay: three weeks alike in a block of eight, or the same hour of
the clock on three days of seven (a site that closes earlier).
"""

from typing import Final

import numpy as np

from cloud.forecast.history.outlier_references import LEAST_HOURS, compute_third_lowest
from cloud.forecast.series import Flags, Floats

TIMES: Final = 3.0
"""Below a third of the third lowest, as high outliers lie above three times the third highest."""
MARGIN: Final = 0.02
"""Of the mean hour, in addition: where hardly anybody is counted, zero is no outlier."""
SPREADS: Final = 3.0
"""In one measure at least, an outlier lies so many times the spread below the third lowest.

The spread is the distance from the median to the third lowest, and at least that of a Poisson
count: three or four people an hour are zero now and then by chance.
"""
RUN_D: Final = 7
REPEATED_D: Final = 3


def find_low_outliers(blocks: Floats, weekend: Flags, mean: Floats, together: int) -> Flags:
    """Which hours are low outliers: (series, weeks, 168) from (series, blocks, weeks, 168).

    `mean` is the mean hour of each series, (series, 1, 1). `together` series in a row belong to one
    site: all of them must be low, apart from those without a reference for the hour.
    """
    usual = compute_third_lowest(blocks, weekend)
    low: Flags = blocks < (usual / TIMES - MARGIN * mean)[:, :, None]
    shape = (len(blocks), -1, blocks.shape[-1])
    if not low.any():
        return low.reshape(shape)
    known = np.isfinite(blocks).sum(axis=2)
    is_single = (known > 1) & (low.sum(axis=2) == 1)
    low &= ((known >= LEAST_HOURS) | is_single)[:, :, None]
    is_unknown = ~(usual > 0)[:, :, None]
    places = (-1, together, *low.shape[1:])
    agreed = (low | is_unknown).reshape(places).all(axis=1)
    clear = _are_clear(blocks, usual, low).reshape(places).any(axis=1)
    low = np.repeat(agreed & clear, together, axis=0).reshape(shape)
    return low & ~_repeated(low)


def _are_clear(blocks: Floats, usual: Floats, low: Flags) -> Flags:
    """Which of the low hours lie beyond the spread of their hour of the week."""
    found = np.zeros_like(low)
    series, block, week, hour = np.nonzero(low)
    ordered = np.sort(blocks[series, block, :, hour], axis=1)  # NaN last
    known = np.isfinite(ordered).sum(axis=1)
    median = ordered[np.arange(len(ordered)), (known - 1) // 2]
    reference = usual[series, block, hour]
    spread = np.where(known >= LEAST_HOURS, median - reference, 0)
    least = reference - SPREADS * np.maximum(spread, np.sqrt(reference))
    found[series, block, week, hour] = blocks[series, block, week, hour] < least
    return found


def _repeated(low: Flags) -> Flags:
    """The low hours whose hour of the clock is low on `REPEATED_D` days of a run of `RUN_D`."""
    days = low.reshape(len(low), -1, 24)
    padded = np.pad(days, ((0, 0), (RUN_D - 1, RUN_D - 1), (0, 0)))
    runs = np.lib.stride_tricks.sliding_window_view(padded, RUN_D, axis=1)
    often = runs.sum(axis=-1) >= REPEATED_D
    in_run = np.lib.stride_tricks.sliding_window_view(often, RUN_D, axis=1).any(axis=-1)
    return (days & in_run).reshape(low.shape)
