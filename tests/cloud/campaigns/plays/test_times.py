"""Times of logs: with an offset, or local times that the clocks show once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cloud.campaigns.plays.play import PlayError
from cloud.campaigns.plays.times import (
    parse_milliseconds,
    parse_offset,
    parse_seconds,
    parse_start,
)

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-23T08:00:00Z", 8),
        ("2026-11-23T08:00:00+01:00", 7),
        ("2026-11-23 08:00:00", 8),
        ("2026-06-23 08:00:00", 7),
        (" 2026-06-23 08:00 ", 7),
    ],
)
def test_a_time_without_an_offset_is_that_of_the_zone(text: str, hour: int) -> None:
    assert parse_start(text, LONDON).astimezone(UTC).hour == hour


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("23/11/2026 08:00", "no time"),
        ("", "no time"),
        ("2026-10-25 01:30:00", "clocks repeat"),
        ("2026-03-29 01:30:00", "clocks skip"),
    ],
)
def test_a_time_that_is_not_one_instant_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(PlayError, match=sentence):
        parse_start(text, LONDON)


def test_offsets_and_durations() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert parse_offset("-05:30").utcoffset(at) == -timedelta(hours=5, minutes=30)
    assert parse_offset("Z") is UTC
    assert parse_milliseconds("10000") == parse_seconds("10") == timedelta(seconds=10)
    assert parse_seconds(" ") is None
    for refused in ("five", "1e400"):
        with pytest.raises(PlayError):
            parse_seconds(refused)
    for refused in ("1", "+25:00", "CET"):
        with pytest.raises(PlayError):
            parse_offset(refused)
