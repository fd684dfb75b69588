"""Dated exchange rates to the base currency: the rate of the day, or the last before it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, select

from cloud.database.retail import retail_exchange_rates
from cloud.money import exponent

ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class DatedRate:
    """Units of the base for one unit of a currency, of one day."""

    rated_on: date
    rate: Decimal


class ExchangeRates:
    """All rates to one base currency."""

    def __init__(
        self, base: str, rates: Iterable[tuple[str, date, Decimal]], oldest_days: int
    ) -> None:
        self.base = base
        self._oldest_days = oldest_days
        by_currency: dict[str, list[DatedRate]] = defaultdict(list)
        for currency, rated_on, rate in sorted(rates):
            by_currency[currency].append(DatedRate(rated_on, rate))
        self._rates = dict(by_currency)
        self._days = {
            currency: [one.rated_on for one in rates] for currency, rates in self._rates.items()
        }

    def find(self, currency: str, on: date) -> DatedRate | None:
        """The newest rate of the currency that is not after the day nor too old; None: unknown."""
        days = self._days.get(currency, [])
        at = bisect_right(days, on) - 1
        if at < 0 or (on - days[at]).days > self._oldest_days:
            return None
        return self._rates[currency][at]


def read_exchange_rates(connection: Connection, base: str, oldest_days: int) -> ExchangeRates:
    """The stored rates to the base currency."""
    rows = retail_exchange_rates.c
    query = select(rows.currency, rows.rated_on, rows.rate).where(rows.base_currency == base)
    found = [(currency, on, Decimal(rate)) for currency, on, rate in connection.execute(query)]
    return ExchangeRates(base, found, oldest_days)


@lru_cache(maxsize=65_536)
def convert_minor(amount_minor: int, rate: Decimal, currency: str, base: str) -> int:
    """An amount in minor units of the base, halves away from zero."""
    scaled = amount_minor * rate.scaleb(exponent(base) - exponent(currency))
    return int(scaled.quantize(ONE, ROUND_HALF_UP))
