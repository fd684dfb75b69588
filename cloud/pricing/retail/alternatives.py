"""The prices beside the recommended one: what each is expected to bring, and what it breaks."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from cloud.pricing.retail.expectations import Expectations, expect_week
from cloud.pricing.retail.ladder import Floats
from cloud.pricing.retail.rule_columns import Flags
from cloud.pricing.retail.situation import Situation


class AlternativeKind(StrEnum):
    """Which other price it is."""

    KEEP = "keep"
    CHEAPER = "cheaper"
    DEARER = "dearer"
    UNCONSTRAINED = "unconstrained"


@dataclass(frozen=True, slots=True)
class AlternativeColumns:
    """One alternative of every row; the price is NaN where there is none."""

    kind: AlternativeKind
    price_minor: Floats
    breaks: Flags
    """Rules that the price breaks, of shape (rules, rows) in the order of `BOUNDED`."""
    expected: Expectations


def list_alternatives(
    situation: Situation, price: Floats, best: Floats
) -> tuple[AlternativeColumns, ...]:
    """Keep the price, one ladder step cheaper, one dearer, and the best price without rules."""
    rules = situation.rules
    cheaper, dearer = rules.step_down(price - 1), rules.step_up(price + 1)
    prices: Sequence[tuple[AlternativeKind, Floats]] = (
        (AlternativeKind.KEEP, situation.states.price_minor),
        (AlternativeKind.CHEAPER, np.where(np.isfinite(cheaper), cheaper, np.nan)),
        (AlternativeKind.DEARER, np.where(np.isfinite(dearer), dearer, np.nan)),
        (AlternativeKind.UNCONSTRAINED, np.maximum(np.floor(best + 0.5), 1.0)),
    )
    return tuple(
        AlternativeColumns(
            kind,
            one,
            situation.bounds.breaks(one),
            expect_week(situation, one),
        )
        for kind, one in prices
    )
