"""The fixed vocabularies of the sites file: placements, currencies, holiday calendars, time zones.

Each check raises ValueError with what was found and what is allowed. Placements name where in its
venue a screen is mounted; together they cover the parents of OpenOOH's venue taxonomy 1.2.
Currencies are those of ISO 4217 with a minor unit, as the package `iso4217` lists them.
"""

import difflib
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import holidays
from iso4217 import Currency

from cloud.suggestions import unknown_word

PLACEMENTS: Final = frozenset(
    {
        # transit
        "arrivals", "baggage_claim", "boarding_gate", "check_in", "concourse", "corridor",
        "cross_track", "departures", "escalator", "platform", "security", "shelter",
        "ticket_hall", "vehicle_interior", "vehicle_exterior",
        # retail and shopping centres
        "aisle", "atrium", "checkout", "drive_through", "end_cap", "entrance", "food_court",
        "forecourt", "pump", "shelf", "shop_window",
        # outdoor
        "bridge", "facade", "parking", "roadside", "roof", "square", "street",
        # health, education, offices, government
        "classroom", "cafeteria", "consulting_room", "counter", "hall", "lift", "lobby",
        "pharmacy", "waiting_room", "work_area",
        # leisure, hospitality, residential
        "auditorium", "bar", "changing_room", "dining_area", "guest_room", "gym_floor",
        "lounge", "mail_room", "perimeter", "restroom",
    }
)  # fmt: skip

CURRENCIES: Final = frozenset(one.code for one in Currency if one.exponent is not None)


def check_placement(word: str) -> None:
    """Refuse a placement that is not one of PLACEMENTS."""
    if word not in PLACEMENTS:
        raise ValueError(unknown_word("placement", word, PLACEMENTS))


def check_currency(code: str) -> None:
    """Refuse what is no currency of ISO 4217, and those without a minor unit (gold, test codes)."""
    if code not in CURRENCIES:
        raise ValueError(unknown_word("currency", code, CURRENCIES))


@cache
def check_holidays(code: str) -> None:
    """Refuse a calendar (`GB`, `GB-ENG`) that the package `holidays` does not have."""
    country, _, subdivision = code.partition("-")
    if country not in _countries():
        raise ValueError(unknown_word("holidays country", country, _countries()))
    known = holidays.country_holidays(country).subdivisions
    if subdivision and subdivision not in known:
        raise ValueError(
            unknown_word(f"holidays subdivision of {country}", subdivision, known)
            if known
            else f"holidays {code!r}: {country} has no subdivisions; write {country}"
        )


def check_timezone(name: str) -> ZoneInfo:
    """The zone of that IANA name, or ValueError with the names closest to it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        close = difflib.get_close_matches(name[:64], available_timezones(), n=3)
        hint = f"; close to it: {', '.join(close)}" if close else ""
        raise ValueError(
            f"timezone {name[:64]!r} is not known: use a name such as Europe/London{hint}"
        ) from None


@cache
def _countries() -> frozenset[str]:
    return frozenset(holidays.registry.COUNTRIES[name][1] for name in holidays.registry.COUNTRIES)
