"""Calls of a contact centre by day, with a known share handled in each year."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

HANDLED: Final = (0.94, 0.92)
"""Share of the calls, in even and in odd years."""
WEEKEND: Final = 0.4
"""Calls of a day at the weekend, against those of another day."""
WORKDAYS: Final = 5
ANSWER_S: Final = 40.0


@dataclass(frozen=True, slots=True)
class CallOptions:
    """About how many calls a day, from which day on, over how many days."""

    calls: int
    first_on: date
    days: int
    seed: int = 1


def simulate_calls(options: CallOptions) -> Mapping[str, pa.Table]:
    """One file for each year, such as `calls-2025`."""
    random = np.random.default_rng(options.seed)
    days = np.datetime64(options.first_on) + np.arange(options.days)
    years = days.astype("datetime64[Y]").astype(int) + 1970
    weekday = (days.astype(int) + 3) % 7
    offered = random.poisson(options.calls * np.where(weekday < WORKDAYS, 1.0, WEEKEND))
    handled = random.binomial(offered, np.asarray(HANDLED)[years % 2])
    abandoned = random.binomial(offered - handled, 0.9)
    level = np.clip(random.normal(0.82, 0.06, options.days), 0, 1)
    table = pa.table(
        {
            "Date": pa.array(days),
            "CallsOffered": offered,
            "CallsHandled": handled,
            "CallsAbandoned": abandoned,
            "AverageSpeedofAnswer": np.round(random.gamma(4, ANSWER_S / 4, options.days), 6),
            "ServiceLevel": np.round(level, 6),
        }
    )
    return {f"calls-{year}": table.filter(pa.array(years == year)) for year in np.unique(years)}
