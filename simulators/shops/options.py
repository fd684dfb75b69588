"""The options of a simulated chain; the same options give the same rows."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

EPOCH: Final = date(1970, 1, 1)
MOST_STORES: Final = 999
MOST_PRODUCTS: Final = 999


@dataclass(frozen=True, slots=True)
class ChainOptions:
    """How many stores, products and days; `seed` decides everything else."""

    stores: int
    products: int
    days: int
    first_on: date
    seed: int = 1
    missing_share: float = 0.005  # of the points: not sent, as when a till is offline

    @property
    def last_on(self) -> date:
        """The last day."""
        return self.first_on + timedelta(days=self.days - 1)

    def generator(self, *part: int) -> np.random.Generator:
        """Random numbers of one part, independent of the numbers of other parts."""
        return np.random.default_rng((self.seed, *part))
