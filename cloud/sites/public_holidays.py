"""Public holidays by calendar code, such as `GB-ENG` or `AU-VIC`.

Without the `holidays` package no day is a holiday, and one event is logged.
"""

import logging
from datetime import date
from functools import lru_cache

log = logging.getLogger(__name__)


class CalendarError(ValueError):
    """An unknown calendar of holidays."""


@lru_cache(maxsize=256)
def public_holidays(code: str | None, first_year: int, last_year: int) -> frozenset[date]:
    """Every public holiday of those years; none without a code."""
    if code is None:
        return frozenset()
    try:
        from holidays import country_holidays
    except ModuleNotFoundError:
        log.warning("sites.no_holidays", extra={"missing": "holidays"})
        return frozenset()
    country, _, part = code.partition("-")
    try:
        years = range(first_year, last_year + 1)
        return frozenset(country_holidays(country, subdiv=part or None, years=years))
    except NotImplementedError as error:
        raise CalendarError(
            f"there is no calendar of holidays {code!r}: write a country, or a country and its "
            "part, such as GB-ENG"
        ) from error
