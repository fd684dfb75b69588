"""The fixed vocabularies of the sites file: placements, currencies, holiday calendars, time zones.

Each check raises ValueError with what was found and what is allowed. Placements name where in its
venue a screen is mounted; together they cover the parents of OpenOOH's venue taxonomy 1.2.
Currencies are those of ISO 4217 with a minor unit, as the package `iso4217` lists them.
"""

import difflib
import re
from collections.abc import Collection, Iterable
from functools import cache
from typing import Final, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import holidays
import msgspec
from iso4217 import Currency

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


def unknown_word(what: str, found: str, allowed: Collection[str]) -> str:
    """A sentence for a word outside its vocabulary: the closest word, unless short, and all."""
    close = difflib.get_close_matches(found[:64], sorted(allowed), n=1) if len(found) > 3 else []
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{what} {found[:64]!r} is not known: {hint}allowed are {', '.join(sorted(allowed))}"


def explain_field(message: str, kind: type[msgspec.Struct]) -> str:
    """A decoder's message about an unknown field, with the fields that are known in its place."""
    found = re.search(r"unknown field `(?P<field>[^`]*)`(?: - at `(?P<place>[^`]*)`)?", message)
    if found is None:
        return message
    place = found["place"] or "$"
    for step in re.findall(r"\.(\w+)", place):
        kind = _struct_in(msgspec.structs.fields(kind), step)
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    return f"{unknown_word('field', found['field'], names)} - at `{place}`"


def _struct_in(fields: Iterable[msgspec.structs.FieldInfo], name: str) -> type[msgspec.Struct]:
    """The struct that a field holds, itself or as an element of a tuple or union."""
    held = next(field.type for field in fields if field.encode_name == name)
    while not (isinstance(held, type) and issubclass(held, msgspec.Struct)):
        held = next((inner for inner in get_args(held) if _leads_to_struct(inner)), msgspec.Struct)
    return held


def _leads_to_struct(held: object) -> bool:
    if isinstance(held, type) and issubclass(held, msgspec.Struct):
        return True
    return any(_leads_to_struct(inner) for inner in get_args(held))


@cache
def _countries() -> frozenset[str]:
    return frozenset(holidays.registry.COUNTRIES[name][1] for name in holidays.registry.COUNTRIES)
