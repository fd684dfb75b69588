"""The time of a price point in UTC; local times need the zone of their store."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from cloud.ingest.retail.price_error import PriceRefusal
from cloud.retail_wire import PriceErrorReason

FIELD: Final = "observed_at"
SHORTEST: Final = len("2026-03-01T21:00")
EXPECTED: Final = "ISO 8601 with date, time and offset, such as 2026-03-01T21:00:00Z"


def read_observed_at(text: str, timezone: str | None) -> datetime:
    """The instant; `timezone` is that of the store, where it is known. Raises PriceRefusal."""
    found = _parse(text)
    if found.tzinfo is None:
        found = _place(found, text, timezone)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise PriceRefusal(PriceErrorReason.UNREADABLE_TIME, FIELD, text, EXPECTED) from None


def _parse(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or len(text) < SHORTEST:
        raise PriceRefusal(PriceErrorReason.UNREADABLE_TIME, FIELD, text, EXPECTED)
    return found


def _place(local: datetime, text: str, timezone: str | None) -> datetime:
    """A local time in the zone of its store, unless it occurs twice or never there."""
    if timezone is None:
        raise PriceRefusal(
            PriceErrorReason.NO_TIME_ZONE, FIELD, text,
            "an offset, or a store with a time zone (`retail load --stores`)",
        )  # fmt: skip
    zone = _zone(timezone)
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise PriceRefusal(
            PriceErrorReason.NO_TIME_ZONE, FIELD, text,
            f"an offset: the clock of {timezone} changes then",
        )  # fmt: skip
    return first


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
