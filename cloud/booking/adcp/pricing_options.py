"""Pricing options of a product: a flat rate for one or more positions of the loop.

The rate is for all hours of a flight; there is no price of a thousand impressions, since the price
of an hour follows from its own audience.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cloud.booking.slots import DeliveryType
from cloud.sites.site_model import Site

MOST_OPTIONS: Final = 3
_OPTION: Final = re.compile(r"flat-rate-([1-9][0-9]{0,3})", re.ASCII)


class UnknownPricingOptionError(LookupError):
    """A pricing option that the product does not have."""


@dataclass(frozen=True, slots=True)
class PricingOption:
    """So many positions of the loop of every screen."""

    positions: int

    @property
    def id(self) -> str:
        """Its id in the product."""
        return f"flat-rate-{self.positions}"


def list_pricing_options(delivery: DeliveryType, sites: Sequence[Site]) -> list[PricingOption]:
    """The options of a product; an exclusive one has only the whole loop."""
    most = min(site.loop.positions for site in sites)
    if delivery is DeliveryType.EXCLUSIVE:
        return [PricingOption(most)]
    return [PricingOption(number) for number in range(1, min(most, MOST_OPTIONS) + 1)]


def find_pricing_option(name: str, offered: Sequence[PricingOption]) -> PricingOption:
    """The option with that id; raises UnknownPricingOptionError."""
    found = _OPTION.fullmatch(name)
    option = PricingOption(int(found[1])) if found else None
    if option not in offered or option is None:
        ids = ", ".join(one.id for one in offered)
        raise UnknownPricingOptionError(f"no pricing option {name[:40]!r}: the product has {ids}")
    return option
