"""Times of logs: RFC 3339, or a local time of the screen without an offset."""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

from cloud.campaigns.plays.play import PlayError

_OFFSET: Final = re.compile(r"(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})")
NO_TIME: Final = "the start is no time: write it as 2026-11-23T08:00:00Z"
LOCAL: Final = "the start has no offset and falls into the hour that the clocks repeat: export UTC"
SKIPPED: Final = "the start has no offset and falls into the hour that the clocks skip: export UTC"


def parse_start(text: str, zone: tzinfo) -> datetime:
    """An instant; without an offset, a time of the zone. Raises PlayError."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise PlayError(NO_TIME) from None
    if found.utcoffset() is not None:
        return found
    local = found.replace(tzinfo=zone)
    if local.utcoffset() == local.replace(fold=1).utcoffset():
        return local
    before, after = local.utcoffset() or timedelta(), local.replace(fold=1).utcoffset()
    raise PlayError(LOCAL if after is not None and before > after else SKIPPED)


def parse_offset(text: str) -> tzinfo:
    """An offset from UTC such as +01:00; raises PlayError."""
    if text in ("", "Z", "z"):
        return timezone.utc  # noqa: UP017 - a tzinfo beside those with an offset
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise PlayError("the offset from UTC is not of the form +01:00")
    size = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    if size >= timedelta(days=1):
        raise PlayError("the offset from UTC is a day or more")
    return timezone(-size if found["sign"] == "-" else size)


def parse_milliseconds(text: str) -> timedelta | None:
    """A duration in milliseconds; None when empty. Raises PlayError."""
    return _parse_duration(text, timedelta(milliseconds=1))


def parse_seconds(text: str) -> timedelta | None:
    """A duration in seconds; None when empty. Raises PlayError."""
    return _parse_duration(text, timedelta(seconds=1))


def _parse_duration(text: str, unit: timedelta) -> timedelta | None:
    if not text.strip():
        return None
    try:
        return float(text) * unit
    except (ValueError, OverflowError):
        raise PlayError("the duration is no number") from None
